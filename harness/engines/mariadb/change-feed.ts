import { randomInt } from 'node:crypto';
import type { BinlogEvent, RowsEvent } from '@vlasky/zongji';
import { canonicalText } from '#engines/canonical-text.ts';
import { ledgerWrites } from '#engines/ledger-writes.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { ChangeFeed, CommittedTransaction } from '#model/change-feed.ts';
import type { Database } from '#model/pipeline.ts';
import { type Key, keyOf, type Row, type Text } from '#model/values.ts';
import { OperatorError } from '#std/errors.ts';
import { until } from '#std/wait.ts';
import { target } from './client.ts';
import { kindOf } from './kinds.ts';
import { fileNumber, packPosition } from './position.ts';
import { MARIADB_SCHEMA } from './quote.ts';

const READ_LIMIT_MS = 30_000;

/** Above every number that a server or a connector of the lab has. */
const SERVER_IDS = { from: 2 ** 31, to: 2 ** 32 - 1 };

const EVENTS = ['mariadbgtid', 'gtid', 'tablemap', 'writerows', 'updaterows', 'deleterows', 'xid', 'query'];

/** A row that a transaction wrote, as it was before and after. */
interface RowChange {
  readonly table: TableId;
  readonly before?: Readonly<Record<string, unknown>>;
  readonly after?: Readonly<Record<string, unknown>>;
}

interface Transaction {
  readonly txn: string;
  readonly changes: readonly RowChange[];
}

/**
 * The server's binary log as a feed of what was committed: read as a replica reads it, from the moment it is opened. What is
 * written to `ignored` tables it leaves out. It needs the right REPLICATION SLAVE.
 */
export async function openChangeFeed(
  database: Database,
  tables: () => Promise<readonly Table[]>,
  ignored: ReadonlySet<TableId> = new Set(),
): Promise<ChangeFeed> {
  const log = await openLog(database, await logEnd(database));
  return {
    async read() {
      const end = await logEnd(database);
      await until(() => log.reached(end), { what: 'the end of the binary log', limitMs: READ_LIMIT_MS });
      const done = log.take();
      if (done.length === 0) return [];
      const known = new Map((await tables()).map((table) => [tableId(table), table]));
      return done.map((one) => committed(one, known, ignored));
    },
    [Symbol.asyncDispose]: () => log.close(),
  };
}

interface LogEnd {
  readonly file: string;
  readonly offset: number;
}

async function logEnd(database: Pick<Database, 'query'>): Promise<LogEnd> {
  const newest = (await database.query<{ Log_name: string; File_size: string }>('SHOW BINARY LOGS')).at(-1);
  if (newest === undefined) throw new Error('the server has no binary log');
  return { file: newest.Log_name, offset: Number(newest.File_size) };
}

const placeOf = ({ file, offset }: LogEnd): bigint => packPosition({ file: fileNumber(file) ?? 0, offset });

interface Log {
  /** Throws where the log cannot be read any further. */
  reached(end: LogEnd): boolean;
  /** The transactions that were read since it was last asked. */
  take(): readonly Transaction[];
  close(): Promise<void>;
}

async function openLog(database: Database, from: LogEnd): Promise<Log> {
  // Loaded by who reads a log: a run between other engines does without.
  const { default: ZongJi } = await import('@vlasky/zongji');
  // Texts for all that JavaScript's own numbers and dates would cut.
  const reader = new ZongJi({ ...target(database.url), dateStrings: true, timezone: 'Z', jsonStrings: true });
  let failure: Error | undefined;
  let done: Transaction[] = [];
  const assemble = assembler(
    (table) => (table.database === database.name ? `${MARIADB_SCHEMA}.${table.name}` : undefined),
    (transaction) => done.push(transaction),
  );
  const ready = Promise.withResolvers<void>();
  reader.on('error', (error: Error) => {
    failure ??= error;
    ready.reject(error);
  });
  reader.on('ready', () => ready.resolve());
  reader.on('binlog', assemble);
  reader.start({
    serverId: randomInt(SERVER_IDS.from, SERVER_IDS.to),
    filename: from.file,
    position: from.offset,
    includeEvents: EVENTS,
    // Tables of other databases would have to be looked up, and may be gone by then.
    includeSchema: { [database.name]: true },
  });
  await ready.promise;
  return {
    reached(end) {
      if (failure !== undefined) throw unreadable(failure);
      const { filename = from.file, position = from.offset } = reader.options;
      return placeOf({ file: filename, offset: position }) >= placeOf(end);
    },
    take() {
      const taken = done;
      done = [];
      return taken;
    },
    async close() {
      reader.stop();
    },
  };
}

function unreadable(cause: Error): OperatorError {
  return new OperatorError({
    code: 'binlog-unreadable',
    message: `the binary log cannot be read any further: ${cause.message}`,
    expected: 'a server that goes on sending its binary log',
    found: cause.message,
    cause,
    exit: 3,
  });
}

/** What is looked at of an event; see the reader's own types. */
type Seen = Pick<BinlogEvent, 'getEventName' | 'gtid'> & Partial<Pick<RowsEvent, 'tableId' | 'tableMap'>>;

/** Puts the events of the log together to transactions, which are told when they are committed. */
export function assembler(
  tableOf: (table: { readonly database: string; readonly name: string }) => TableId | undefined,
  tell: (transaction: Transaction) => void,
): (event: Seen) => void {
  let changes: RowChange[] = [];
  const rowsOf = (event: Seen): readonly object[] => (event as { readonly rows?: readonly object[] }).rows ?? [];
  const add = (event: Seen, change: (row: object) => Omit<RowChange, 'table'>): void => {
    const { parentSchema = '', tableName = '' } = event.tableMap?.[event.tableId ?? -1] ?? {};
    const table = tableOf({ database: parentSchema, name: tableName });
    if (table !== undefined) changes.push(...rowsOf(event).map((row) => ({ table, ...change(row) })));
  };
  const end = (event: Seen): void => {
    if (changes.length > 0) tell({ txn: event.gtid ?? '', changes });
    changes = [];
  };
  return (event) => {
    switch (event.getEventName()) {
      case 'gtid':
      case 'mariadbgtid':
        changes = [];
        break;
      case 'writerows':
        add(event, (row) => ({ after: row as RowChange['after'] & object }));
        break;
      case 'deleterows':
        add(event, (row) => ({ before: row as RowChange['before'] & object }));
        break;
      case 'updaterows':
        add(event, (row) => row as Omit<RowChange, 'table'>);
        break;
      case 'xid':
        end(event);
        break;
      case 'query':
        // Tables without transactions end with a statement of their own; what begins one says so, too.
        if (/^\s*COMMIT\b/i.test((event as { readonly query?: string }).query ?? '')) end(event);
        break;
    }
  };
}

/** A transaction as the ledger has it. */
export function committed(
  { txn, changes }: Transaction,
  tables: ReadonlyMap<TableId, Table>,
  ignored: ReadonlySet<TableId>,
): CommittedTransaction {
  const writes: CommittedTransaction['writes'][number][] = [];
  let others = 0;
  for (const { table, before, after } of changes) {
    if (ignored.has(table)) continue;
    const of = tables.get(table);
    if (of === undefined) {
      others++;
      continue;
    }
    const keys = {
      before: before === undefined ? undefined : keyIn(of, before),
      after: after === undefined ? undefined : keyIn(of, after, before),
    };
    const kind = before === undefined ? 'insert' : after === undefined ? 'delete' : 'update';
    writes.push(...ledgerWrites({ table, kind, ...keys }));
  }
  return { txn, writes, others };
}

type Values = Readonly<Record<string, unknown>>;

/** Where the server logs minimal images, the row afterwards has no key unless that was changed; the reader says NULL then. */
function keyIn(table: Table, values: Values, before?: Values): Key {
  const row: Row = Object.fromEntries(
    table.key.map((name) => {
      const column = table.columns.find((one) => one.name === name) ?? { type: 'text' };
      const kind = kindOf(column);
      return [name, canonicalText(textOf(values[name] ?? before?.[name], kind.kind === 'uuid'), kind, kind)];
    }),
  );
  return keyOf(table.key, row);
}

/** The text that the server itself would write of the reader's value. */
function textOf(value: unknown, isUuid: boolean): Text {
  if (value === null || value === undefined) return null;
  if (!Buffer.isBuffer(value)) return String(value);
  const hex = value.toString('hex');
  return isUuid ? hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') : `\\x${hex}`;
}
