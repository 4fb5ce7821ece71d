import { fieldName } from '#engines/debezium.ts';
import { engineOf } from '#engines/index.ts';
import type { ColumnTypes } from '#log/formats/column-types.ts';
import { type ConnectSchema, Undecodable } from '#log/wire.ts';
import { type Table, tableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import type { TopicRoute } from '#model/position.ts';
import { whyLeftOut } from '#std/captured.ts';
import { commaList } from '#std/comma-list.ts';

type Config = Readonly<Record<string, string>>;

export interface ColumnTypesOptions {
  readonly source: Pick<Database, 'engine' | 'name' | 'query'>;
  readonly connectors: readonly { readonly config: Config }[];
  readonly routes: readonly TopicRoute[];
  readonly tables: readonly Pick<Table, 'schema' | 'name'>[];
}

/** Says how the connectors write the columns of their topics' tables: by their configurations and by the source's catalog. */
export function columnTypes({ source, connectors, routes, tables }: ColumnTypesOptions): ColumnTypes {
  const { source: port } = engineOf(source);
  const known = new Map(tables.map((table) => [tableId(table), table]));
  const captures = (config: Config, id: string): boolean => {
    const table = known.get(id);
    return table !== undefined && whyLeftOut(config, port.own.named(table, source.name)) === undefined;
  };
  /** Who writes to a topic, and which tables' events. */
  const writersOf = (topic: string) => {
    const ids = routes.filter((route) => route.topic === topic).map(({ table }) => table);
    return connectors
      .map(({ config }) => ({ config, captured: ids.filter((id) => captures(config, id)) }))
      .filter(({ captured }) => captured.length > 0);
  };
  const read = async ({ config, captured }: ReturnType<typeof writersOf>[number]): Promise<ConnectSchema[]> =>
    [...(await port.readWireColumns(source, captured, config)).values()].flat();
  return {
    async columnsOf(topic) {
      const columns: ConnectSchema[] = [];
      for (const writer of writersOf(topic)) {
        const why = whyUnknown(writer.config);
        if (why !== undefined) throw new Undecodable(`the record carries no schema, and ${why}`);
        for (const column of await read(writer))
          columns.push({ ...column, field: fieldName(writer.config, column.field ?? '') });
      }
      return columns;
    },
    names: {
      adjusts: (topic) => writersOf(topic).some(({ config }) => fieldName(config, '-') !== '-'),
      async of(topic) {
        const names = new Map<string, string>();
        for (const writer of writersOf(topic))
          for (const { field: own = '' } of await read(writer)) {
            const written = fieldName(writer.config, own);
            if (written !== own) names.set(written, own);
          }
        return names;
      },
    },
  };
}

const CONNECT = 'org.apache.kafka.connect.transforms';
const DEBEZIUM = 'io.debezium.transforms';

/** Transforms that leave values and their columns' names as the connector makes them. */
const KEEPING: ReadonlySet<string> = new Set([
  `${DEBEZIUM}.ExtractNewRecordState`,
  `${DEBEZIUM}.ByLogicalTableRouter`,
  `${DEBEZIUM}.Filter`,
  `${DEBEZIUM}.ContentBasedRouter`,
  `${DEBEZIUM}.partitions.PartitionRouting`,
  `${CONNECT}.RegexRouter`,
  `${CONNECT}.TimestampRouter`,
  `${CONNECT}.Filter`,
  `${CONNECT}.InsertHeader`,
  `${CONNECT}.DropHeaders`,
  `${CONNECT}.ValueToKey`,
]);

/** Converters of columns of which the engines know what they make. */
const CONVERTERS: ReadonlySet<string> = new Set([
  'io.debezium.connector.binlog.converters.TinyIntOneToBooleanConverter',
]);

/** Why the columns' types do not say how a connector's values are written; undefined where they do. */
export function whyUnknown(config: Config): string | undefined {
  for (const alias of commaList(config.transforms)) {
    const type = config[`transforms.${alias}.type`] ?? '';
    if (!KEEPING.has(type)) return `the transform ${alias} (${type}) may change what its values are`;
  }
  for (const name of commaList(config.converters)) {
    const type = config[`${name}.type`] ?? '';
    if (!CONVERTERS.has(type)) return `the converter ${name} (${type}) may change what its values are`;
  }
  return undefined;
}
