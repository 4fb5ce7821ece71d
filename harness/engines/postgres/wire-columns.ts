import {
  bitsSchema,
  bytesSchema,
  dataText,
  dateSchema,
  decimalSchema,
  timeSchema,
  timestampSchema,
  wireDefault,
  zonedTime,
  zonedTimestamp,
} from '#engines/wire-columns.ts';
import type { ConnectSchema } from '#log/wire.ts';
import { type TableId, tableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import { type CatalogColumn, type CatalogTable, readTables } from './catalog.ts';

type Config = Readonly<Record<string, string>>;

/** What the connector goes by beside a type's name. */
interface Valued {
  /** Full name of an array's element type. */
  readonly element: string | null;
  /** Of an enum, also where it is under a domain or in an array. */
  readonly labels: readonly string[];
  readonly default: string | null;
}

const OF_COLUMN = `,
  'element', (SELECT format_type(y.typelem, a.atttypmod) FROM pg_type y
    WHERE y.oid = coalesce(d.oid, t.oid) AND y.typcategory = 'A' AND y.typelem <> 0),
  'labels', (SELECT coalesce(json_agg(e.enumlabel ORDER BY e.enumsortorder), '[]') FROM pg_enum e
             WHERE e.enumtypid IN (t.oid, t.typelem, d.oid)),
  'default', (SELECT pg_get_expr(f.adbin, f.adrelid) FROM pg_attrdef f
             WHERE f.adrelid = c.oid AND f.adnum = a.attnum AND a.attgenerated = '')`;

/** See `SourcePort.readWireColumns`. */
export async function readWireColumns(
  database: Pick<Database, 'query'>,
  tables: readonly TableId[],
  config: Config,
): Promise<ReadonlyMap<TableId, readonly ConnectSchema[]>> {
  const found = await readTables<CatalogTable<Valued>>(database, {
    where: `c.relkind IN ('r', 'p') AND n.nspname || '.' || c.relname = ANY ($1)`,
    params: [tables],
    ofColumn: OF_COLUMN,
  });
  return new Map(found.map((table) => [tableId(table), table.columns.map((column) => fieldOf(column, config))]));
}

function fieldOf({ name, nullable, default: expression, ...column }: CatalogColumn & Valued, config: Config) {
  const schema = wireSchema({ ...column, type: column.domain?.base ?? column.type }, config);
  const constant = expression === null ? undefined : constantOf(expression);
  const fallback = constant === undefined ? undefined : wireDefault(schema, constant);
  const field: ConnectSchema = { ...schema, field: name, optional: nullable };
  return fallback === undefined ? field : { ...field, default: fallback };
}

/** The text of an expression that is a constant, as the server writes it: `'new'::text`, `0`, `(-1)`, `true`. */
export function constantOf(expression: string): string | undefined {
  const quoted = /^'((?:[^']|'')*)'(?:::[\w ."]+(?:\(\d+(?:,\d+)?\))?)?$/.exec(expression);
  if (quoted !== null) return quoted[1]?.replaceAll("''", "'");
  return /^\(?(-?\d+(?:\.\d+)?|true|false)\)?(?:::[\w ."]+(?:\(\d+(?:,\d+)?\))?)?$/.exec(expression)?.[1];
}

/** Types whose values are their texts. */
const TEXTS: ReadonlySet<string> = new Set([
  ...['text', 'citext', 'character varying', 'character', 'inet', 'cidr', 'macaddr', 'macaddr8'],
  ...['int4range', 'int8range', 'numrange', 'tsrange', 'tstzrange', 'daterange'],
]);

const NUMBERS: Readonly<Record<string, ConnectSchema>> = {
  smallint: { type: 'int16' },
  integer: { type: 'int32' },
  bigint: { type: 'int64' },
  oid: { type: 'int64' },
  real: { type: 'float' },
  'double precision': { type: 'double' },
  boolean: { type: 'boolean' },
};

/** What has a shape of its own, or a text that means more. */
const NAMED: Readonly<Record<string, ConnectSchema>> = {
  uuid: dataText('Uuid'),
  json: dataText('Json'),
  jsonb: dataText('Json'),
  xml: dataText('Xml'),
  ltree: dataText('Ltree'),
  tsvector: dataText('Tsvector'),
  point: { type: 'struct', name: 'io.debezium.data.geometry.Point' },
  geometry: { type: 'struct', name: 'io.debezium.data.geometry.Geometry' },
  geography: { type: 'struct', name: 'io.debezium.data.geometry.Geography' },
  vector: { type: 'array', name: 'io.debezium.data.DoubleVector', items: { type: 'double' } },
  halfvec: { type: 'array', name: 'io.debezium.data.FloatVector', items: { type: 'float' } },
  sparsevec: { type: 'struct', name: 'io.debezium.data.SparseDoubleVector' },
  'timestamp with time zone': zonedTimestamp,
  'time with time zone': zonedTime,
};

/** Digits of a second's fraction, where a type names none. */
const DIGITS = 6;
/** As the connector has it where a type names none. */
const BITS_MAX = 2_147_483_647;

/** How Debezium's PostgreSQL connector writes values of a type. One that it does not know has the type's own name. */
export function wireSchema(
  { type, element, labels }: Pick<Valued, 'element' | 'labels'> & { readonly type: string },
  config: Config,
): ConnectSchema {
  if (element !== null) {
    // The connector says of no element of an enum that it may be NULL.
    const optional = labels.length === 0;
    return { type: 'array', items: { ...wireSchema({ type: element, element: null, labels }, config), optional } };
  }
  if (labels.length > 0) return dataText('Enum', { allowed: labels.join(',') });
  const [, name = type, first, second, rest = ''] =
    /^([a-z0-9_ ]+?)(?:\((\d+)(?:,(-?\d+))?\))?( with(?:out)? time zone)?$/.exec(bare(type)) ?? [];
  const size = first === undefined ? undefined : Number(first);
  const full = `${name}${rest}`;
  if (TEXTS.has(full)) return { type: 'string' };
  const known = NUMBERS[full] ?? NAMED[full];
  if (known !== undefined) return known;
  if (name.startsWith('interval')) return intervalSchema(config);
  switch (full) {
    case 'numeric':
      return decimalSchema(config, size === undefined ? undefined : Number(second ?? 0), size);
    case 'money':
      return decimalSchema(config, Number(config['money.fraction.digits'] ?? 2));
    case 'bytea':
      return bytesSchema(config);
    case 'date':
      return dateSchema(config);
    case 'time without time zone':
      return timeSchema(config, size ?? DIGITS);
    case 'timestamp without time zone':
      return timestampSchema(config, size ?? DIGITS);
    case 'bit':
      return bitsSchema(size ?? 1);
    case 'bit varying':
      return bitsSchema(size ?? BITS_MAX);
    case 'hstore':
      return config['hstore.handling.mode'] === 'map'
        ? { type: 'map', keys: { type: 'string' }, values: { type: 'string', optional: true } }
        : dataText('Json');
    default:
      return { type };
  }
}

/** A type of an extension without the schema that it is in. */
function bare(type: string): string {
  return type.replace(/^(?:[a-z_][a-z0-9_]*|"[^"]+")\.(?=[a-z])/, '');
}

function intervalSchema(config: Config): ConnectSchema {
  return config['interval.handling.mode'] === 'string'
    ? { type: 'string', name: 'io.debezium.time.Interval' }
    : { type: 'int64', name: 'io.debezium.time.MicroDuration' };
}
