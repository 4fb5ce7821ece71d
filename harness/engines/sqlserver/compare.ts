import { canonicalText } from '#engines/canonical-text.ts';
import type { ComparePort } from '#engines/port/compare.ts';
import type { Table } from '#model/catalog.ts';
import type { Kind } from '#model/kind.ts';
import type { Database } from '#model/pipeline.ts';
import type { Row, Text } from '#model/values.ts';
import { readCatalog } from './catalog.ts';
import { kindOf } from './kinds.ts';
import { ordersAlike } from './ranges.ts';
import { openReadView } from './read.ts';

/** See {@link ComparePort.canonicalRows}. Nothing need be asked of the server: a text's kind says what it means. */
async function canonicalRows(
  _: Pick<Database, 'query'>,
  table: Table,
  rows: readonly Row[],
  { as }: { readonly exact?: boolean; readonly as?: ReadonlyMap<string, Kind> } = {},
): Promise<Row[]> {
  const kinds = new Map(table.columns.map((column) => [column.name, kindOf(column)]));
  return rows.map((row) => {
    const canonical: Record<string, Text> = {};
    for (const [name, text] of Object.entries(row)) {
      const own = kinds.get(name);
      if (own !== undefined) canonical[name] = canonicalText(text, own, as?.get(name) ?? own);
    }
    return canonical;
  });
}

const ONE_SPELLING: ReadonlySet<Kind['kind']> = new Set(['integer', 'text', 'enum']);

export const compare: ComparePort = {
  readCatalog,
  openReadView,
  ordersAlike,
  hasOneSpelling: (column) => ONE_SPELLING.has(kindOf(column).kind),
  canonicalRows,
  typeNote: () => undefined,
};
