import type { SinkTableOptions, Substituted } from '#engines/port/sink.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { EventColumn } from '#model/change-event.ts';
import type { Database } from '#model/pipeline.ts';
import { LSN_COLUMN } from '#model/values.ts';
import { quoteIdent, quoteLiteral, quoteTable } from './quote.ts';

/** The type of a column that holds positions of a source's log. */
export function positionType(wide = false): string {
  return wide ? 'numeric' : 'bigint';
}

/** Columns that every sink table has beside the source's. */
const BOOKKEEPING_COLUMNS = [
  ['_cdc_op', 'text'],
  [LSN_COLUMN, 'bigint'],
  ['_cdc_captured_at', 'timestamp with time zone'],
  ['_cdc_received', 'timestamp with time zone'],
] as const;

/** The column in which `dedup` keeps a row's guard. */
export const GUARD_COLUMN = '_cdc_guard';

/**
 * Makes the sink's table for a source table. Only key columns are NOT NULL: an event need not carry every column (an
 * unchanged TOASTed value is left out), so a row that the sink lacks can only be made in part. Generated, identity and
 * partitioned are only the source's: values arrive. Without a primary key it has the unique index by which Debezium keys
 * the events, so that they can be written by key. A type that the sink does not know becomes text, and is returned. Does
 * nothing where the table exists.
 */
export async function createSinkTable(
  database: Pick<Database, 'query'>,
  table: Table,
  { keyed, widePositions, bookkeeping = true }: SinkTableOptions,
): Promise<readonly Substituted[]> {
  const known = await knownTypes(
    database,
    table.columns.map((column) => column.type),
  );
  const unique = table.key.length > 0 ? { columns: table.key, namesRows: true } : table.unique;
  const key = (unique?.columns ?? []).map(quoteIdent).join(', ');
  const primary = keyed && unique?.namesRows === true;
  const lines = table.columns.map(({ name, type }) => {
    const notNull = unique?.namesRows === true && unique.columns.includes(name) ? ' NOT NULL' : '';
    return `${quoteIdent(name)} ${known.has(type) ? type : 'text'}${notNull}`;
  });
  for (const [name, type] of bookkeeping ? BOOKKEEPING_COLUMNS : [])
    lines.push(`${quoteIdent(name)} ${name === LSN_COLUMN ? positionType(widePositions) : type}`);
  if (primary) lines.push(`PRIMARY KEY (${key})`);
  const name = quoteTable(tableId(table));
  // Whoever may not make schemas may not ask for one that is there either.
  const [schema] = await database.query<{ there: string | null }>('SELECT to_regnamespace($1)::text AS there', [
    quoteIdent(table.schema),
  ]);
  const statements = [
    ...(schema?.there == null ? [`CREATE SCHEMA IF NOT EXISTS ${quoteIdent(table.schema)}`] : []),
    `CREATE TABLE IF NOT EXISTS ${name} (${lines.join(', ')})`,
  ];
  if (!primary && key !== '') {
    statements.push(
      `CREATE ${keyed ? 'UNIQUE ' : ''}INDEX IF NOT EXISTS ${quoteIdent(`${table.name}_key`)} ON ${name} (${key})`,
    );
  }
  for (const statement of statements) await database.query(statement);
  return table.columns.flatMap(({ name, type }) => (known.has(type) ? [] : [{ column: name, type }]));
}

async function knownTypes(database: Pick<Database, 'query'>, types: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await database.query<{ type: string }>(
    'SELECT DISTINCT t AS type FROM unnest($1::text[]) AS t WHERE to_regtype(t) IS NOT NULL',
    [types],
  );
  return new Set(rows.map((row) => row.type));
}

const BY_SEMANTIC: Readonly<Record<string, string>> = {
  'io.debezium.data.VariableScaleDecimal': 'numeric',
  'io.debezium.data.Uuid': 'uuid',
  'io.debezium.data.Json': 'jsonb',
  'io.debezium.data.Xml': 'xml',
  'io.debezium.data.Tsvector': 'tsvector',
  'io.debezium.data.geometry.Point': 'point',
  'io.debezium.data.geometry.Circle': 'circle',
  'io.debezium.data.geometry.Line': 'line',
  'io.debezium.time.Date': 'date',
  'io.debezium.time.IsoDate': 'date',
  'io.debezium.time.Time': 'time without time zone',
  'io.debezium.time.MicroTime': 'time without time zone',
  'io.debezium.time.NanoTime': 'time without time zone',
  'io.debezium.time.ZonedTime': 'time with time zone',
  'io.debezium.time.Timestamp': 'timestamp without time zone',
  'io.debezium.time.MicroTimestamp': 'timestamp without time zone',
  'io.debezium.time.NanoTimestamp': 'timestamp without time zone',
  'io.debezium.time.IsoTimestamp': 'timestamp without time zone',
  'io.debezium.time.ZonedTimestamp': 'timestamp with time zone',
  'io.debezium.time.MicroDuration': 'interval',
  'io.debezium.time.NanoDuration': 'interval',
  'io.debezium.time.Interval': 'interval',
  'org.apache.kafka.connect.data.Date': 'date',
  'org.apache.kafka.connect.data.Time': 'time without time zone',
  'org.apache.kafka.connect.data.Timestamp': 'timestamp without time zone',
};

const BY_CONNECT_TYPE: Readonly<Record<string, string>> = {
  int8: 'smallint',
  int16: 'smallint',
  int32: 'integer',
  int64: 'bigint',
  float: 'real',
  double: 'double precision',
  boolean: 'boolean',
  string: 'text',
  bytes: 'bytea',
};

const DECIMAL = 'org.apache.kafka.connect.data.Decimal';

/** The type of a column known only from an event. Text where the event says too little (arrays, hstore, geometry). */
function postgresType(column: EventColumn): string {
  const { semantic, parameters } = column;
  if (semantic === DECIMAL) {
    const precision = parameters?.['connect.decimal.precision'];
    return precision === undefined ? 'numeric' : `numeric(${precision},${parameters?.scale ?? 0})`;
  }
  if (semantic === 'io.debezium.data.Bits') return `bit varying(${parameters?.length ?? 64})`;
  return BY_SEMANTIC[semantic ?? ''] ?? BY_CONNECT_TYPE[column.connectType] ?? 'text';
}

/**
 * `ADD COLUMN` for a column known only from an event. With the source's default, so that rows which no event has
 * touched since hold it too, as they do at the source; NOT NULL only together with a default.
 */
export function addColumnSql(id: TableId, column: EventColumn): string {
  const fallback = column.default ?? null;
  const rest = fallback === null ? '' : ` DEFAULT ${quoteLiteral(fallback)}${column.optional ? '' : ' NOT NULL'}`;
  return `ALTER TABLE ${quoteTable(id)} ADD COLUMN IF NOT EXISTS ${quoteIdent(column.name)} ${postgresType(column)}${rest}`;
}

const INTEGERS: readonly string[] = ['smallint', 'integer', 'bigint'];

/**
 * The wider type that a sink column must get to hold what the event's column can; undefined where it holds it, or where
 * the change is not a simple widening.
 */
export function widerType(sinkType: string, column: EventColumn): string | undefined {
  if (column.semantic === DECIMAL) return widerNumeric(sinkType, column);
  if (column.semantic !== undefined) return undefined;
  const wanted = BY_CONNECT_TYPE[column.connectType];
  if (wanted === undefined) return undefined;
  const from = INTEGERS.indexOf(sinkType);
  if (from >= 0 && INTEGERS.indexOf(wanted) > from) return wanted;
  if (sinkType === 'real' && wanted === 'double precision') return wanted;
  return undefined;
}

function widerNumeric(sinkType: string, column: EventColumn): string | undefined {
  const now = /^numeric\((\d+),(-?\d+)\)$/.exec(sinkType);
  const precision = column.parameters?.['connect.decimal.precision'];
  const scale = Number(column.parameters?.scale ?? 0);
  if (now === null || precision === undefined) return undefined;
  const nowScale = Number(now[2]);
  const whole = Math.max(Number(now[1]) - nowScale, Number(precision) - scale);
  const wide = Math.max(nowScale, scale);
  const wanted = `numeric(${whole + wide},${wide})`;
  return wanted === sinkType ? undefined : wanted;
}
