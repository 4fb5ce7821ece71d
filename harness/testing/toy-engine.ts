import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { ComparePort, KeyedRow, ReadPlan, ReadView } from '#engines/port/compare.ts';
import type { Dialect } from '#engines/port/dialect.ts';
import type { Engine } from '#engines/port/engine.ts';
import type { ReconcileEngine } from '#engines/port/reconcile.ts';
import type { ServerPort } from '#engines/port/server.ts';
import type { SinkPort } from '#engines/port/sink.ts';
import type { SourcePort } from '#engines/port/source.ts';
import { digestOf } from '#engines/row-digest.ts';
import { type Column, type Table, tableId } from '#model/catalog.ts';
import type { Change, Value } from '#model/change.ts';
import type { ColumnDefinition } from '#model/definition.ts';
import type { Kind } from '#model/kind.ts';
import type { Database } from '#model/pipeline.ts';
import type { Shape, ShapeColumn, Surveyor } from '#model/shape.ts';
import type { Key, Row, Text } from '#model/values.ts';
import type { WriterSession } from '#model/workload.ts';
import type { Lacks } from './conformance/suite.ts';

/** What it does without. */
export const TOY_LACKS: Lacks = {
  'foreign keys': 'the toy engine makes none',
  'change feed': 'nothing reads the log of the toy engine',
  'touched rows': 'nothing reads the log of the toy engine',
  versions: 'the toy engine notes none',
  sink: 'the toy engine is a source alone',
  reconcile: 'the toy engine has no side of a comparison',
};

/**
 * A third engine, of one file: SQLite, whose columns hold canonical texts and are declared as their kinds. It shows that an
 * engine needs no change outside its own folder: it passes the suite that PostgreSQL and MariaDB pass. Nothing captures it,
 * so it is no engine of the product's.
 */
export function toyEngine(folder: string): Engine {
  const fileOf = (name: string): string => join(folder, `${name}.sqlite`);
  return {
    ...{ name: 'toy', title: 'Toy', schemes: ['toy:'], dialect, source, sink: none<SinkPort>(), compare },
    server: serverPort(fileOf),
    reconcile: none<ReconcileEngine>(),
  };
}

/** A port that nothing of the suite asks for. */
function none<T extends object>(): T {
  return new Proxy({} as T, {
    get: (_, name) => {
      throw new Error(`the toy engine has no ${String(name)}`);
    },
  });
}

const SCHEMA = 'main';
const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const dialect: Dialect = {
  quote,
  quoteTable: (id) => quote(id.startsWith(`${SCHEMA}.`) ? id.slice(SCHEMA.length + 1) : id),
  defaultSchema: SCHEMA,
  kindOf: ({ type }) =>
    type.startsWith('TEXT {') ? (JSON.parse(type.slice(5).replaceAll('i-nt', 'int')) as Kind) : { kind: 'other', type },
  typeFor: (kind) => (kind.kind === 'other' ? undefined : typeOf(kind)),
  addColumn: () => none<never>(),
  daysAfter: () => none<never>(),
  tableOf: (parts) => `${SCHEMA}.${parts.at(-1)?.name ?? ''}`,
  textOf: (expression) => `CAST((${expression}) AS TEXT)`,
  latestRows: () => none<never>(),
};

/** A type by which SQLite keeps texts as they are: it takes one with INT in it for a number's. */
function typeOf(kind: Kind): string {
  return `TEXT ${JSON.stringify(kind).replaceAll('int', 'i-nt')}`;
}

interface ToyDatabase extends Database {
  readonly file: string;
}

function open(file: string, name: string): ToyDatabase {
  const connection = connect(file);
  return {
    ...{ engine: 'toy', name, file, url: `toy://${file}` },
    async query<T extends object>(sql: string, params: readonly unknown[] = []): Promise<T[]> {
      if (!existsSync(file)) throw new Error(`the database ${name} was dropped`);
      return connection.prepare(sql).all(...(params as Text[])) as T[];
    },
    async close() {
      if (connection.isOpen) connection.close();
    },
  };
}

function connect(file: string): DatabaseSync {
  const connection = new DatabaseSync(file);
  connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA busy_timeout = 5000');
  connection.exec('CREATE TABLE IF NOT EXISTS _toy_log (n INTEGER PRIMARY KEY AUTOINCREMENT)');
  return connection;
}

function serverPort(fileOf: (name: string) => string): ServerPort {
  return {
    ...none<ServerPort>(),
    url: (_, database) => `toy://${fileOf(database)}`,
    openNamed: (_, name) => open(fileOf(name), name),
    async create(_, name, template) {
      if (template !== undefined) copyFileSync(fileOf(template), fileOf(name));
      return open(fileOf(name), name);
    },
    async drop(_, name) {
      for (const end of ['', '-wal', '-shm']) rmSync(`${fileOf(name)}${end}`, { force: true });
    },
    answers: async () => true,
    version: async () => process.versions.sqlite ?? '',
  };
}

/** A value as its column keeps it: in canonical text. */
function textOf(value: Value, kind: Kind): Text {
  if (value === null) return null;
  if (typeof value === 'object') return timeText(new Date(Date.now() - value.hoursAgo * 3_600_000).toISOString());
  const text = String(value);
  switch (kind.kind) {
    case 'decimal':
      return Number(text).toFixed(kind.scale ?? 0);
    case 'instant':
      return timeText(text);
    case 'uuid':
      return text.toLowerCase();
    default:
      return text;
  }
}

function timeText(iso: string): string {
  return `${iso
    .replace('T', ' ')
    .replace(/Z|\+00$/, '')
    .replace(/\.?0+$/, (zeros) => (zeros.startsWith('.') || iso.includes('.') ? '' : zeros))}+00`;
}

function columnSql({ name, kind, nullable, default: fallback }: ColumnDefinition): string {
  const text = fallback === undefined ? null : textOf(fallback, kind);
  const otherwise = text === null ? '' : ` DEFAULT '${text.replaceAll("'", "''")}'`;
  return `${quote(name)} ${quote(typeOf(kind))}${nullable === true ? '' : ' NOT NULL'}${otherwise}`;
}

/** The statement that makes a change, and its parameters. */
function changeSql(change: Change): { readonly sql: string; readonly params: readonly Text[] } {
  const kinds = new Map(change.table.columns.map(({ name, kind }) => [name, kind]));
  const asText = (name: string, value: Value): Text => textOf(value, kinds.get(name) ?? { kind: 'text' });
  const table = dialect.quoteTable(change.table.name);
  if (change.change === 'insert') {
    const places = `(${change.columns.map(() => '?').join(', ')})`;
    const params = change.rows.flatMap((row) => row.map((value, at) => asText(change.columns[at] ?? '', value)));
    const rows = change.rows.map(() => places).join(', ');
    return { sql: `INSERT INTO ${table} (${change.columns.map(quote).join(', ')}) VALUES ${rows}`, params };
  }
  if (change.change === 'truncate') return { sql: `DELETE FROM ${table}`, params: [] };
  const where = Object.entries(change.where);
  const found = where.map(([name]) => `${quote(name)} = ?`).join(' AND ');
  const keys = where.map(([name, value]) => asText(name, value));
  if (change.change === 'delete') return { sql: `DELETE FROM ${table} WHERE ${found}`, params: keys };
  const sets = Object.entries(change.set).map(([name, value]) =>
    typeof value === 'object' && value !== null && 'add' in value
      ? { sql: `${quote(name)} = CAST(CAST(${quote(name)} AS INTEGER) + ? AS TEXT)`, value: String(value.add) }
      : { sql: `${quote(name)} = ?`, value: asText(name, value) },
  );
  const sql = `UPDATE ${table} SET ${sets.map((one) => one.sql).join(', ')} WHERE ${found}`;
  return { sql, params: [...sets.map(({ value }) => value), ...keys] };
}

function openWriterSession(database: Database): WriterSession {
  const connection = connect((database as ToyDatabase).file);
  return {
    async begin() {
      connection.exec('BEGIN IMMEDIATE');
      return undefined;
    },
    async run(statement) {
      const { sql, params } = 'sql' in statement ? statement : changeSql(statement);
      const changed = Number(connection.prepare(sql).run(...(params as Text[])).changes);
      return { found: changed, changed };
    },
    async commit() {
      const { lastInsertRowid } = connection.prepare('INSERT INTO _toy_log DEFAULT VALUES').run();
      connection.exec('COMMIT');
      return { transaction: String(lastInsertRowid) };
    },
    async rollback() {
      if (connection.isTransaction) connection.exec('ROLLBACK');
    },
    isRefusal: (error): error is Error => error instanceof Error && 'errcode' in error,
    async close() {
      connection.close();
    },
  };
}

const NUMBERS: ReadonlySet<string> = new Set(['integer', 'decimal', 'float']);

function takes({ nullable, kind }: ShapeColumn, text: Text): boolean {
  if (text === null) return nullable;
  return !NUMBERS.has(kind.kind) || Number.isFinite(Number(text));
}

const surveyor: Surveyor = {
  async readShapes(database) {
    const tables = await readCatalog(database);
    return tables.map(
      (table): Shape => ({
        ...{
          id: tableId(table),
          key: table.key,
          uniques: [],
          foreign: [],
          checks: [],
          partitionedBy: [],
          excludes: false,
        },
        columns: table.columns.map(({ name, type, nullable }) => ({
          ...{
            name,
            type,
            nullable,
            kind: dialect.kindOf({ type }),
            generated: false,
            identity: false,
            hasDefault: false,
          },
        })),
      }),
    );
  },
  readRows: (database, { id, key }, limit) =>
    database.query(`SELECT * FROM ${dialect.quoteTable(id)} ORDER BY ${key.map(quote).join(', ')} LIMIT ${limit}`),
  async top(database, { id }, { name, kind }) {
    const number = `CAST(${quote(name)} AS ${kind.kind === 'integer' ? 'INTEGER' : 'REAL'})`;
    const highest = NUMBERS.has(kind.kind) ? `coalesce(CAST(ceil(max(${number})) AS INTEGER), 0)` : 'count(*)';
    const [row] = await database.query<{ n: string }>(
      `SELECT CAST(${highest} AS TEXT) AS n FROM ${dialect.quoteTable(id)}`,
    );
    return BigInt(row?.n ?? 0);
  },
  accepted: async (_database, _shape, columns, candidates, limit) =>
    candidates
      .filter((row) => columns.every((column, index) => takes(column, row[index] ?? null)))
      .slice(0, limit)
      .map((row) => Object.fromEntries(columns.map(({ name, kind }, at) => [name, textOf(row[at] ?? null, kind)]))),
  ownValue: () => undefined,
  ownDistinct: () => undefined,
};

const source: SourcePort = {
  ...none<SourcePort>(),
  ...surveyor,
  block: {
    connectors: ['toy'],
    fields: ['n'],
    position: ({ n }) => BigInt(Number(n)),
    transaction: ({ n }) => String(n),
    table: ({ table }) => `${SCHEMA}.${table}`,
  },
  connectorConfig: ({ prefix }) => ({ 'topic.prefix': prefix }),
  topicOf: ({ prefix, table }) => `${prefix}.${table}`,
  connectorTopics: () => [],
  readWireColumns: async () => new Map(),
  async createTables(database, tables) {
    for (const { name, columns, key } of tables)
      await database.query(
        `CREATE TABLE ${quote(name)} (${columns.map(columnSql).join(', ')}, PRIMARY KEY (${key.map(quote).join(', ')}))`,
      );
  },
  async insertRows(database, table, columns, rows) {
    const { sql, params } = changeSql({ change: 'insert', table, columns, rows });
    await database.query(sql, params);
  },
  analyze: async () => {},
  addColumn: async (database, table, column) =>
    void (await database.query(`ALTER TABLE ${dialect.quoteTable(table)} ADD COLUMN ${columnSql(column)}`)),
  openWriterSession,
  async jobRead(database, table, limit) {
    await using view = await compare.openReadView(database);
    const order = table.key.map(quote).join(', ');
    const rows = await view.select(`SELECT * FROM ${dialect.quoteTable(tableId(table))} ORDER BY ${order}`, limit);
    return { rows, position: view.position };
  },
  widePositions: false,
  parsePosition: (text) => (/^#?\d+$/.test(text ?? '') ? BigInt((text ?? '').replace('#', '')) : undefined),
  formatPosition: (position) => `#${position}`,
};

async function readCatalog(database: Pick<Database, 'query'>): Promise<Table[]> {
  const tables = await database.query<{ name: string }>(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_toy%' ESCAPE '\\' ORDER BY name",
  );
  return Promise.all(
    tables.map(async ({ name }): Promise<Table> => {
      const columns = await database.query<{ name: string; type: string; notnull: number; pk: number }>(
        `SELECT name, type, "notnull", pk FROM pragma_table_info('${name.replaceAll("'", "''")}')`,
      );
      const keyed = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
      return {
        ...{ schema: SCHEMA, name, key: keyed.map((column) => column.name) },
        columns: columns.map(
          (column): Column => ({
            name: column.name,
            type: column.type,
            nullable: column.notnull === 0,
            generated: false,
          }),
        ),
      };
    }),
  );
}

async function openReadView(database: Database): Promise<ReadView> {
  const connection = connect((database as ToyDatabase).file);
  connection.exec('BEGIN');
  const [log] = connection.prepare('SELECT coalesce(max(n), 0) AS n FROM _toy_log').all() as { n: number }[];
  const all = (sql: string): Row[] => connection.prepare(sql).all() as Row[];
  const rowsOf = ({ table, key, columns }: ReadPlan): KeyedRow[] =>
    all(`SELECT * FROM ${dialect.quoteTable(tableId(table))}`).map((row) => ({
      key: JSON.stringify(key.map(({ source: { name } }) => row[name])),
      row: JSON.stringify(columns.map(({ source: { name } }) => row[name])),
    }));
  return {
    ...none<ReadView>(),
    position: BigInt(log?.n ?? 0),
    count: async (table) => all(`SELECT 1 FROM ${dialect.quoteTable(tableId(table))}`).length,
    select: async (sql, limit) => all(`${sql} LIMIT ${limit}`),
    async *stream(plan) {
      yield rowsOf(plan).sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
    },
    byKeys: async (plan, keys) => rowsOf(plan).filter(({ key }) => keys.includes(key)),
    async everyNthKey(plan, after, every, limit) {
      const behind = within(rowsOf(plan), after, undefined).slice(0, limit);
      return {
        keys: behind.flatMap(({ key }, n) => ((n + 1) % every === 0 ? [key] : [])),
        ended: behind.length < limit,
      };
    },
    digests: async (plan, bounds) => bounds.slice(1).map((upTo, n) => digestOf(within(rowsOf(plan), bounds[n], upTo))),
    range: async (plan, after, upTo) => within(rowsOf(plan), after, upTo),
    fingerprint: async () => 'toy',
    async [Symbol.asyncDispose]() {
      connection.close();
    },
  };
}

/** Rows in the order of their keys, which are integers, as they are in every engine. */
function within(rows: readonly KeyedRow[], after: Key | undefined, upTo: Key | undefined): KeyedRow[] {
  const order = (left: Key, right: Key): number => {
    const [a, b] = [left, right].map((key) => JSON.parse(key) as string[]);
    const sizes = (a ?? []).map((part, n) => BigInt(part) - BigInt(b?.[n] ?? 0));
    return Number(sizes.find((size) => size !== 0n) ?? 0n);
  };
  return rows
    .filter(
      ({ key }) => (after === undefined || order(key, after) > 0) && (upTo === undefined || order(key, upTo) <= 0),
    )
    .sort((left, right) => order(left.key, right.key));
}

const compare: ComparePort = {
  readCatalog,
  openReadView,
  ordersAlike: ({ source, sink }) => [source, sink].every((column) => dialect.kindOf(column).kind === 'integer'),
  hasOneSpelling: () => true,
  canonicalRows: async (_database, _table, rows) => [...rows],
  typeNote: () => undefined,
};
