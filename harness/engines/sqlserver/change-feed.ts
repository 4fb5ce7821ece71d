import { canonicalText } from '#engines/canonical-text.ts';
import { ledgerWrites } from '#engines/ledger-writes.ts';
import { type Column, type Table, type TableId, tableId } from '#model/catalog.ts';
import type { ChangeFeed, CommittedTransaction } from '#model/change-feed.ts';
import type { Database } from '#model/pipeline.ts';
import { keyOf, type Row } from '#model/values.ts';
import { OperatorError } from '#std/errors.ts';
import { captureInstances, minLsnSql } from './capture.ts';
import { kindOf } from './kinds.ts';
import { valueSql } from './plan-sql.ts';
import { commitOf, formatLsn, lsnLiteral, lsnOf } from './position.ts';
import { quoteIdent } from './quote.ts';
import { namesIn } from './tags.ts';

type Asked = Pick<Database, 'query'>;

/** As `__$operation` has it: an update has a row for before and one for after. */
const OPERATIONS = { '1': 'delete', '2': 'insert', '3': 'before', '4': 'after' } as const;

/** A row of a change table; the key's columns have a name each by their place. */
interface ChangeRow {
  readonly table: Table;
  readonly commit: bigint;
  readonly change: bigint;
  readonly operation: (typeof OPERATIONS)[keyof typeof OPERATIONS];
  readonly key: string;
}

/** The changes of one capture behind a commit, up to and with another, in their order. */
export function changesSql(instance: string, key: readonly Column[], after: bigint, upTo: bigint): string {
  const columns = key.map((column, index) => `, ${valueSql(column)} AS ${quoteIdent(`k${index}`)}`).join('');
  return `SELECT CONVERT(varchar(22), t.[__$start_lsn], 1) AS lsn, CONVERT(varchar(22), t.[__$seqval], 1) AS seq, t.[__$operation] AS op${columns}
FROM [cdc].${quoteIdent(`${instance}_CT`)} AS t
WHERE t.[__$start_lsn] > ${lsnLiteral(after)} AND t.[__$start_lsn] <= ${lsnLiteral(upTo)}
ORDER BY t.[__$start_lsn], t.[__$seqval], t.[__$operation]`;
}

/** How far each open feed of a database has read: the commit of its last reading. */
const readUpTo = new WeakMap<object, Set<{ readonly from: bigint }>>();

/** The commit from which on some feed of the database has not read the changes; undefined where there is no feed. */
export function unreadFrom(database: object): bigint | undefined {
  const [first, ...others] = [...(readUpTo.get(database) ?? [])].map(({ from }) => from);
  return others.reduce((least, from) => (least === undefined || from < least ? from : least), first);
}

/**
 * The change tables as a feed of what was committed, from the moment it is opened. What is written to `ignored` tables it leaves
 * out. Of tables that are not captured it knows nothing, not even how many of their rows a transaction has changed: `others` is 0.
 */
export async function openChangeFeed(
  database: Database,
  tables: () => Promise<readonly Table[]>,
  ignored: ReadonlySet<TableId> = new Set(),
): Promise<ChangeFeed> {
  const names = namesIn(database);
  const reading = { from: commitOf(await names.mark()) };
  const open = readUpTo.get(database) ?? new Set();
  readUpTo.set(database, open.add(reading));
  return {
    async read() {
      const upTo = commitOf(await names.mark());
      const known = (await tables()).filter((table) => !ignored.has(tableId(table)));
      const rows = await changes(database, known, reading.from, upTo);
      reading.from = upTo;
      return transactionsOf(rows);
    },
    async [Symbol.asyncDispose]() {
      open.delete(reading);
    },
  };
}

async function changes(database: Asked, tables: readonly Table[], after: bigint, upTo: bigint): Promise<ChangeRow[]> {
  const instances = await captureInstances(database);
  const rows: ChangeRow[] = [];
  for (const table of tables) {
    // The newer of two has what came since it began; the key's columns are in both.
    const own = instances.filter((one) => one.table === tableId(table));
    const instance = own.findLast(({ start }) => start !== undefined && start <= after) ?? own[0];
    if (instance === undefined) continue;
    await requireKept(database, instance.name, after);
    const key = table.key.flatMap((name) => table.columns.find((column) => column.name === name) ?? []);
    for (const row of await database.query<Row>(changesSql(instance.name, key, after, upTo)))
      rows.push(changeOf(table, key, row));
  }
  return rows;
}

function changeOf(table: Table, key: readonly Column[], row: Row): ChangeRow {
  const values = key.map((column, index) => {
    const kind = kindOf(column);
    return [column.name, canonicalText(row[`k${index}`] ?? null, kind, kind)];
  });
  return {
    ...{ table, commit: lsnOf(row.lsn) ?? 0n, change: lsnOf(row.seq) ?? 0n },
    operation: OPERATIONS[(row.op ?? '2') as keyof typeof OPERATIONS],
    key: keyOf(table.key, Object.fromEntries(values)),
  };
}

/** What was changed and is not there any more cannot be told. */
async function requireKept(database: Asked, instance: string, after: bigint): Promise<void> {
  const [row] = await database.query<{ lsn: string | null }>(minLsnSql(instance));
  const least = lsnOf(row?.lsn) ?? 0n;
  if (least <= after || least === 0n) return;
  // A capture that began later has had nothing before.
  const [own] = (await captureInstances(database)).filter(({ name }) => name === instance);
  if (own?.start === undefined || own.start >= least) return;
  throw new OperatorError({
    code: 'changes-cleaned-up',
    message: `changes that the capture ${instance} had have been removed before they were read`,
    expected: `changes from ${formatLsn(after)} on`,
    found: `changes from ${formatLsn(least)} on`,
    hint: "keep them longer: EXEC sys.sp_cdc_change_job @job_type = N'cleanup', @retention = … (minutes)",
    exit: 3,
  });
}

function transactionsOf(rows: readonly ChangeRow[]): CommittedTransaction[] {
  const ordered = rows.toSorted((a, b) => order(a.commit, b.commit) || order(a.change, b.change));
  return [...Map.groupBy(ordered, ({ commit }) => commit)].map(([commit, own]) => ({
    txn: formatLsn(commit),
    others: 0,
    writes: own.flatMap((row, index) => writesOf(row, own[index - 1])),
  }));
}

const order = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

function writesOf({ table, operation, key }: ChangeRow, last: ChangeRow | undefined): CommittedTransaction['writes'] {
  const id = tableId(table);
  switch (operation) {
    case 'before':
      return [];
    case 'after':
      return ledgerWrites({
        table: id,
        kind: 'update',
        before: last?.operation === 'before' ? last.key : key,
        after: key,
      });
    case 'delete':
      return ledgerWrites({ table: id, kind: 'delete', before: key, after: undefined });
    case 'insert':
      return ledgerWrites({ table: id, kind: 'insert', before: undefined, after: key });
  }
}
