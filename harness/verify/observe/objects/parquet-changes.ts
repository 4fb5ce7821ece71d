import type { Row } from '#model/values.ts';
import { UNCHANGED_COLUMN } from '#objects/change-objects.ts';
import { parquetTexts } from './parquet-texts.ts';

/** The changes of an object that is Parquet, as lines of JSON have them: without the columns that have not changed. */
export async function parquetChanges(body: Uint8Array): Promise<readonly Row[]> {
  const rows = await parquetTexts(body);
  return rows.map(({ [UNCHANGED_COLUMN]: listed = null, ...row }) => {
    const unchanged = new Set(JSON.parse(listed ?? '[]') as string[]);
    return Object.fromEntries(Object.entries(row).filter(([name]) => !unchanged.has(name)));
  });
}
