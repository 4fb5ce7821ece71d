import {
  bytesSchema,
  dataText,
  dateSchema,
  decimalSchema,
  timeSchema,
  timestampSchema,
  zonedTimestamp,
} from '#engines/wire-columns.ts';
import type { ConnectSchema } from '#log/wire.ts';
import { type Column, type TableId, tableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import { readCatalog } from './catalog.ts';
import { kindOf } from './kinds.ts';

type Config = Readonly<Record<string, string>>;

/** See `SourcePort.readWireColumns`. Of defaults nothing is known. */
export async function readWireColumns(
  database: Pick<Database, 'query'>,
  tables: readonly TableId[],
  config: Config,
): Promise<ReadonlyMap<TableId, readonly ConnectSchema[]>> {
  const found = await readCatalog(database, { tables });
  return new Map(
    found.map((table) => [
      tableId(table),
      table.columns.map((column) => ({
        ...wireSchema(column, config),
        ...{ field: column.name, optional: column.nullable },
      })),
    ]),
  );
}

/** How Debezium's SQL Server connector writes values of a type, by its documentation. One that it does not know has the type's own name. */
export function wireSchema(column: Pick<Column, 'type' | 'base'>, config: Config): ConnectSchema {
  const type = column.base ?? column.type;
  if (/^xml\b/i.test(type)) return dataText('Xml');
  const kind = kindOf(column);
  switch (kind.kind) {
    case 'boolean':
      return { type: 'boolean' };
    case 'integer':
      // The one without a sign is as wide as the next.
      return { type: kind.bits === 8 ? 'int16' : `int${kind.bits}` };
    case 'decimal':
      return decimalSchema(config, kind.scale, kind.precision);
    case 'float':
      return { type: kind.bits === 32 ? 'float' : 'double' };
    case 'text':
    case 'uuid':
    case 'json':
      return { type: 'string' };
    case 'bytes':
      return bytesSchema(config);
    case 'instant':
      return zonedTimestamp;
    case 'local-timestamp':
      return timestampSchema(config, kind.digits);
    case 'local-time':
      return timeSchema(config, kind.digits);
    case 'date':
      return dateSchema(config);
    default:
      return { type };
  }
}
