import { tableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import { ENABLE_DATABASE_SQL, enableTableSql, isCaptured } from './capture.ts';

type Asked = Pick<Database, 'query'>;

/** All captures of a database, with what was said when each was begun. */
const HELP_SQL = 'EXEC sys.sp_cdc_help_change_data_capture';

interface HelpRow {
  readonly source_schema: string;
  readonly source_table: string;
  readonly capture_instance: string;
  readonly supports_net_changes: string;
  readonly role_name: string | null;
  readonly index_name: string | null;
  readonly captured_column_list: string;
  readonly create_date: string;
}

/**
 * Captures the tables of a copy as those of the original are, from now on: a database that is restored under another name is not
 * captured. Does nothing where the original is not.
 */
export async function copyCaptures(from: Asked, to: Asked): Promise<void> {
  if (!(await isCaptured(from))) return;
  const captures = await from.query<HelpRow>(HELP_SQL);
  await to.query(ENABLE_DATABASE_SQL);
  // Of two captures of a table the older one is first.
  for (const one of captures.toSorted((a, b) => (a.create_date < b.create_date ? -1 : 1)))
    await to.query(
      enableTableSql(tableId({ schema: one.source_schema, name: one.source_table }), {
        name: one.capture_instance,
        role: one.role_name,
        netChanges: one.supports_net_changes === '1',
        index: one.index_name,
        columns: one.captured_column_list,
      }),
    );
}
