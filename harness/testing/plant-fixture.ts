import { randomUUID } from 'node:crypto';
import { readCatalog } from '#engines/postgres/catalog.ts';
import { databaseUrl, openDatabase } from '#engines/postgres/client.ts';
import { effectsOf, noteEffects } from '#engines/postgres/effects.ts';
import { quoteIdent } from '#engines/postgres/quote.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { ChangeEvent, EventOp } from '#model/change-event.ts';
import type { OperationKind } from '#model/operation.ts';
import type { Database, Variant } from '#model/pipeline.ts';
import type { DatabaseServer } from '#model/stack.ts';
import { type Key, keyOf, type Row, type Text } from '#model/values.ts';
import { createMemory, type Memory } from '#verify/observe/memory.ts';
import type { Subject } from '#verify/observe/subject.ts';
import { type MemoryLedger, type MemoryLog, memoryLedger, memoryLog } from './plant-log.ts';

/**
 * A source and a sink in real PostgreSQL, with a healthy pipeline between them that is driven by hand: every change is
 * recorded in the ledger, appended to the log and applied at once, unless the test says otherwise.
 */
export interface World extends AsyncDisposable {
  readonly source: ReturnType<typeof openDatabase>;
  readonly sink: Database;
  readonly log: MemoryLog;
  readonly ledger: MemoryLedger;
  readonly memory: Memory;
  readonly subject: Subject;
  readonly variant: Variant & { appliedTo: Map<string, bigint> };
  /** Runs SQL that changes exactly the row of `key`, and lets the change go through the stages named. */
  change(table: TableId, kind: OperationKind, key: readonly Text[], sql: string, stages?: Stages): Promise<void>;
  /** Like {@link World.change}, for changes of one transaction. */
  transaction(changes: readonly WorldChange[]): Promise<void>;
  /** Lets the connector read a table again: an event for each row, which the sink passes without a change. */
  snapshot(table: TableId): Promise<void>;
}

/** How far a change gets. All the way by default. */
interface Stages {
  /** False: the log has no event of it. */
  readonly captured?: boolean;
  /** False: the sink does not have it, though the consumer passes the event. */
  readonly applied?: boolean;
  /** False: the consumer's position stays before the event. */
  readonly passed?: boolean;
  /** False: the writers did not record it. */
  readonly recorded?: boolean;
}

interface WorldChange extends Stages {
  readonly table: TableId;
  readonly kind: OperationKind;
  readonly key: readonly Text[];
  readonly sql: string;
}

export interface WorldOptions {
  /** DDL of the source's tables, and what fills them. */
  readonly schema: string;
  /** DDL of the sink's tables where it differs from the source's. */
  readonly sinkSchema?: string;
  /** Tables of the sink have no primary key, as those of a variant that inserts blindly. */
  readonly keyless?: boolean;
  /** The sink notes the order of its writes. */
  readonly effects?: boolean;
  /** The log begins behind the rows that are there: it has no event of them. Its LSNs lie above every real one. */
  readonly unlogged?: boolean;
}

/** Creates both databases on the server, snapshots the source into the sink, and passes the snapshot. */
export async function openWorld(server: DatabaseServer, options: WorldOptions): Promise<World> {
  const id = randomUUID().slice(0, 8);
  const admin = openDatabase(databaseUrl(server, 'postgres'));
  const names = [`plant_source_${id}`, `plant_sink_${id}`] as const;
  for (const name of names) await admin.query(`CREATE DATABASE ${name}`);
  const source = openDatabase(databaseUrl(server, names[0]));
  const sink = openDatabase(databaseUrl(server, names[1]));
  await source.query(options.schema);
  const tables = new Map((await readCatalog(source)).map((table) => [tableId(table), table]));
  if (options.sinkSchema !== undefined) await sink.query(options.sinkSchema);
  else for (const table of tables.values()) await sink.query(sinkDdl(table, options.keyless === true));

  if (options.effects === true) for (const table of tables.values()) await noteEffects(sink, table);

  const log = memoryLog();
  const ledger = memoryLedger();
  const memory = createMemory();
  const appliedTo = new Map<string, bigint>();
  let lsn = options.unlogged === true ? 1n << 60n : 1000n;
  let txn = 700;
  const variant = {
    name: 'sink',
    spec: { kind: 'builtin', title: 'sink' },
    sink,
    appliedTo,
    jumps: [],
    status: async () => ({ state: 'running' }),
    pause: async () => {},
    resume: async () => {},
    applied: async () => new Map(appliedTo),
    ...(options.effects === true ? { effects: (id: TableId, keys: readonly Key[]) => effectsOf(sink, id, keys) } : {}),
    copyIn: async () => 0,
  } satisfies Variant & { appliedTo: Map<string, bigint> };

  const append = (table: Table, op: EventOp, row: Row, after: Row | undefined): ChangeEvent => {
    lsn += 8n;
    const event = log.append({
      table: tableId(table),
      op,
      lsn,
      txn: String(txn),
      columns: table.columns,
      key: pick(table, row),
      after,
    });
    return event;
  };
  const pass = (event: ChangeEvent): void => {
    appliedTo.set(`${event.topic}/${event.partition}`, event.offset + 1n);
  };

  const world: World = {
    source,
    sink,
    log,
    ledger,
    memory,
    variant,
    subject: {
      pipeline: {
        source,
        tables: async () => readCatalog(source),
        variants: new Map([['sink', variant]]),
      },
      ledger,
      log,
      memory,
    },
    change: (table, kind, key, sql, stages = {}) => world.transaction([{ table, kind, key, sql, ...stages }]),
    async transaction(changes) {
      txn++;
      for (const { table: id, kind, key, sql, ...stages } of changes) {
        await source.query(sql);
        const [table] = await readCatalog(source, { tables: [id] });
        if (table === undefined) throw new Error(`no table ${id}`);
        const named = Object.fromEntries(table.key.map((name, index) => [name, key[index] ?? null]));
        const row = await readRow(source, table, named);
        if (stages.recorded !== false)
          ledger.record({ txn: String(txn), table: id, key: keyOf(table.key, named), kind });
        if (stages.captured === false) continue;
        const op = kind === 'insert' ? 'create' : kind;
        const event = append(table, op, row ?? named, row);
        if (stages.passed !== false) pass(event);
        if (stages.applied !== false && stages.passed !== false) await write(sink, table, named, row, event.lsn ?? 0n);
      }
    },
    async snapshot(id) {
      const [table] = await readCatalog(source, { tables: [id] });
      if (table === undefined) throw new Error(`no table ${id}`);
      for (const row of await allRows(source, table)) {
        const event = append(table, 'read', row, row);
        pass(event);
      }
    },
    async [Symbol.asyncDispose]() {
      await source.close();
      await sink.close();
      for (const name of names) await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await admin.close();
    },
  };
  for (const table of tables.values()) {
    const rows = await allRows(source, table);
    const lsns = rows.map((row) => {
      if (options.unlogged === true) return 0n;
      const event = append(table, 'read', row, row);
      pass(event);
      return event.lsn ?? 0n;
    });
    await load(sink, table, rows, lsns);
  }
  return world;
}

const relation = (table: Table) => `${quoteIdent(table.schema)}.${quoteIdent(table.name)}`;

function sinkDdl(table: Table, keyless: boolean): string {
  const columns = table.columns.map(({ name, type }) => `${quoteIdent(name)} ${type}`);
  const key = table.key.length > 0 && !keyless ? [`PRIMARY KEY (${table.key.map(quoteIdent).join(', ')})`] : [];
  const own = ['_cdc_op text', '_cdc_lsn bigint', '_cdc_received timestamptz DEFAULT now()'];
  return `CREATE SCHEMA IF NOT EXISTS ${quoteIdent(table.schema)}; CREATE TABLE ${relation(table)} (${[...columns, ...own, ...key].join(', ')})`;
}

function pick(table: Table, row: Row): Row {
  return Object.fromEntries(table.key.map((name) => [name, row[name] ?? null]));
}

async function allRows(database: Database, table: Table): Promise<Row[]> {
  const order = table.key.length === 0 ? '' : `ORDER BY ${table.key.map(quoteIdent).join(', ')}`;
  return database.query<Row>(`SELECT ${texts(table)} FROM ${relation(table)} ${order}`);
}

async function readRow(database: Database, table: Table, key: Row): Promise<Row | undefined> {
  const where = Object.keys(key).map((name, index) => `${quoteIdent(name)}::text = $${index + 1}`);
  const sql = `SELECT ${texts(table)} FROM ${relation(table)} WHERE ${where.join(' AND ')}`;
  return (await database.query<Row>(sql, Object.values(key)))[0];
}

function texts(table: Table): string {
  return table.columns.map(({ name }) => `${quoteIdent(name)}::text AS ${quoteIdent(name)}`).join(', ');
}

/** Writes the row as a healthy applier would: the old one goes, the new one comes with the columns that the sink has. */
async function write(
  sink: Database,
  table: Table,
  key: Row | undefined,
  row: Row | undefined,
  lsn: bigint,
): Promise<void> {
  if (key !== undefined) {
    const where = Object.keys(key).map((name, index) => `${quoteIdent(name)}::text = $${index + 1}`);
    await sink.query(`DELETE FROM ${relation(table)} WHERE ${where.join(' AND ')}`, Object.values(key));
  }
  if (row === undefined) return;
  const [target] = await readCatalog(sink, { tables: [tableId(table)] });
  const columns = table.columns.filter(({ name }) => target?.columns.some((column) => column.name === name));
  const names = [...columns.map(({ name }) => quoteIdent(name)), '_cdc_lsn'];
  const values = columns.map(({ name }, index) => {
    const type = target?.columns.find((column) => column.name === name)?.type;
    return `$${index + 1}::text::${type}`;
  });
  await sink.query(
    `INSERT INTO ${relation(table)} (${names.join(', ')}) VALUES (${[...values, `$${columns.length + 1}`].join(', ')})`,
    [...columns.map(({ name }) => row[name] ?? null), String(lsn)],
  );
}

/** Writes all rows of a snapshot at once. */
async function load(sink: Database, table: Table, rows: readonly Row[], lsns: readonly bigint[]): Promise<void> {
  if (rows.length === 0) return;
  const names = [...table.columns.map(({ name }) => quoteIdent(name)), '_cdc_lsn'];
  const types = [...table.columns.map(({ type }) => type), 'bigint'];
  const aliases = names.map((_, index) => `c${index}`);
  await sink.query(
    `INSERT INTO ${relation(table)} (${names.join(', ')})
     SELECT ${types.map((type, index) => `c${index}::${type}`).join(', ')}
     FROM unnest(${names.map((_, index) => `$${index + 1}::text[]`).join(', ')}) AS t(${aliases.join(', ')})`,
    [...table.columns.map(({ name }) => rows.map((row) => row[name] ?? null)), lsns.map(String)],
  );
}

export function keyOfRow(...parts: readonly Text[]): Key {
  return JSON.stringify(parts);
}
