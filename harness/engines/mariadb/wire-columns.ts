import {
  bitsSchema,
  bytesSchema,
  dataText,
  dateSchema,
  decimalSchema,
  timeSchema,
  timestampSchema,
  wireDefault,
  zonedTimestamp,
} from '#engines/wire-columns.ts';
import type { ConnectSchema } from '#log/wire.ts';
import { type TableId, tableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import { COLUMN_SQL, type ColumnRow, OF_TABLES_SQL } from './catalog.ts';
import type { Flavour } from './flavour.ts';
import { kindOf } from './kinds.ts';
import { MARIADB_SCHEMA } from './quote.ts';

type Config = Readonly<Record<string, string>>;

interface WireRow extends ColumnRow {
  readonly name: string;
  readonly fallback: string | null;
  readonly extra: string;
}

const COLUMNS_SQL = `SELECT c.table_name AS name, ${COLUMN_SQL}, c.column_default AS fallback, c.extra AS extra ${OF_TABLES_SQL}`;

/** See `SourcePort.readWireColumns`. */
export async function readWireColumns(
  database: Pick<Database, 'query'>,
  tables: readonly TableId[],
  config: Config,
  { defaultSql }: Pick<Flavour, 'defaultSql'>,
): Promise<ReadonlyMap<TableId, readonly ConnectSchema[]>> {
  const rows = await database.query<WireRow>(COLUMNS_SQL);
  const found = Map.groupBy(rows, ({ name }) => tableId({ schema: MARIADB_SCHEMA, name }));
  const fieldOf = ({ column, type, nullable, fallback, extra }: WireRow): ConnectSchema => {
    const schema = wireSchema(type, config);
    const constant = fallback === null ? undefined : constantOf(defaultSql(fallback, extra));
    const known = constant === undefined ? undefined : wireDefault(schema, constant);
    const field: ConnectSchema = { ...schema, field: column, optional: nullable === 'YES' };
    return known === undefined ? field : { ...field, default: known };
  };
  return new Map(tables.map((table) => [table, (found.get(table) ?? []).map(fieldOf)]));
}

/** The text of a literal: `'new'`, `0`, `-1.5`. */
function constantOf(sql: string): string | undefined {
  const quoted = /^'((?:[^'\\]|'')*)'$/.exec(sql);
  return quoted === null ? /^-?\d+(?:\.\d+)?$/.exec(sql)?.[0] : quoted[1]?.replaceAll("''", "'");
}

const TRUTH = 'io.debezium.connector.binlog.converters.TinyIntOneToBooleanConverter';

/** Whether a converter makes truths of all columns of the type `tinyint(1)`. */
function hasTruths(config: Config): boolean {
  const names = (config.converters ?? '').split(',').map((name) => name.trim());
  return names.some((name) => config[`${name}.type`] === TRUTH && config[`${name}.selector`] === undefined);
}

/** How Debezium's MariaDB and MySQL connectors write values of a type. One that they do not know has the type's own name. */
export function wireSchema(type: string, config: Config): ConnectSchema {
  const kind = kindOf({ type });
  switch (kind.kind) {
    case 'boolean':
      return { type: hasTruths(config) ? 'boolean' : 'int16' };
    case 'integer':
      return integerSchema(kind.bits, kind.unsigned === true, config);
    case 'decimal':
      return decimalSchema(config, kind.scale ?? 0, kind.precision);
    case 'float':
      // With digits behind the point it is sent in double precision.
      return { type: kind.bits === 64 || type.includes(',') ? 'double' : 'float' };
    case 'text':
    case 'uuid':
      return { type: 'string' };
    case 'bytes':
      return bytesSchema(config);
    case 'bits':
      return bitsSchema(kind.length);
    case 'instant':
      return zonedTimestamp;
    case 'local-timestamp':
      return timestampSchema(config, kind.digits);
    case 'duration':
      return timeSchema(config, Number(/\d/.exec(type)?.[0] ?? 0), 'adaptive_time_microseconds');
    case 'date':
      return dateSchema(config);
    case 'year':
      return { type: 'int32', name: 'io.debezium.time.Year' };
    case 'json':
      return dataText('Json');
    case 'enum':
      return dataText('Enum', { allowed: kind.labels.join(',') });
    case 'set':
      return dataText('EnumSet', { allowed: kind.labels.join(',') });
    default:
      return spatialSchema(type);
  }
}

function integerSchema(bits: 8 | 16 | 24 | 32 | 64, unsigned: boolean, config: Config): ConnectSchema {
  const needed = unsigned ? bits + 1 : bits;
  if (needed <= 16) return { type: 'int16' };
  if (needed <= 32) return { type: 'int32' };
  if (needed <= 64 || config['bigint.unsigned.handling.mode'] !== 'precise') return { type: 'int64' };
  return decimalSchema({}, 0);
}

function spatialSchema(type: string): ConnectSchema {
  if (/^point\b/i.test(type)) return { type: 'struct', name: 'io.debezium.data.geometry.Point' };
  if (/^(geometry|geom(etry)?collection|linestring|polygon|multi\w+)\b/i.test(type))
    return { type: 'struct', name: 'io.debezium.data.geometry.Geometry' };
  return { type };
}
