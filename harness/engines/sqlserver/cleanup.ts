import type { TableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import { captureInstances } from './capture.ts';
import { unreadFrom } from './change-feed.ts';
import { commitOf, lsnLiteral } from './position.ts';
import { quoteIdent, quoteLiteral } from './quote.ts';
import { namesIn } from './tags.ts';

type Asked = Pick<Database, 'query'>;

/** How many changes a capture has below a commit. An update has a row for before as well. */
function countSql(instance: string, below: bigint): string {
  return `SELECT COUNT_BIG(*) AS n FROM [cdc].${quoteIdent(`${instance}_CT`)}
WHERE [__$start_lsn] < ${lsnLiteral(below)} AND [__$operation] <> 3`;
}

/** Rows that one statement of the cleanup deletes; by default the server takes as many. */
const ROWS_AT_ONCE = 5000;

/** Removes the changes of one capture that lie below a commit: what the cleanup job does by the clock. */
function cleanupSql(instance: string, below: bigint): string {
  return `DECLARE @below binary(10) = ${lsnLiteral(below)};
EXEC sys.sp_cdc_cleanup_change_table @capture_instance = ${quoteLiteral(instance)}, @low_water_mark = @below, @threshold = ${ROWS_AT_ONCE}`;
}

/**
 * See {@link SourcePort.cleanUp}. The mark is a transaction of its own: all that committed before the call has been captured, and
 * named, once it has been. What a change feed of the lab's own has not read yet is kept.
 */
export async function cleanUp(database: Asked, tables?: ReadonlySet<TableId>): Promise<number> {
  const mark = commitOf(await namesIn(database).mark());
  const unread = unreadFrom(database);
  const below = unread === undefined || unread > mark ? mark : unread;
  const count = async (instance: string): Promise<number> => {
    const [row] = await database.query<{ n: string }>(countSql(instance, below));
    return Number(row?.n ?? 0);
  };
  let removed = 0;
  for (const { table, name, start } of await captureInstances(database)) {
    // A mark below that of before is an error (22957).
    if (tables?.has(table) === false || (start !== undefined && start >= below)) continue;
    const before = await count(name);
    await database.query(cleanupSql(name, below));
    // Of transactions that committed in one moment the server takes the first for the mark.
    removed += before - (await count(name));
  }
  return removed;
}
