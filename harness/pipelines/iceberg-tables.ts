import type { ObjectStore } from '#clients/s3.ts';
import { objectKind } from '#engines/between.ts';
import { engineOf } from '#engines/index.ts';
import { type ColumnTypes, type KnownColumns, knownColumns } from '#log/formats/column-types.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { Database, ObjectsSink } from '#model/pipeline.ts';
import type { TopicRoute } from '#model/position.ts';
import { changeRows, ownColumns } from '#verify/observe/iceberg/change-rows.ts';
import { type DataFile, dataFiles, type KnownManifests } from '#verify/observe/iceberg/data-files.ts';
import { parquetRows } from '#verify/observe/iceberg/parquet-rows.ts';

export interface IcebergTablesOptions {
  readonly store: ObjectStore;
  /** The database that has the sink's catalog. */
  readonly catalog: Pick<Database, 'query'>;
  readonly source: Pick<Database, 'engine'>;
  readonly routes: readonly TopicRoute[];
  readonly tables: readonly Table[];
  /** How events write the columns of a topic's tables. */
  readonly columns: ColumnTypes;
  /** `bucket/folder/`. */
  readonly place: string;
}

/** A table in the catalog. */
interface Entry {
  readonly name: string;
  readonly metadata: string;
}

/** Iceberg tables as objects of changes: those files are listed that are in the current snapshot of their table. */
export function icebergTables(options: IcebergTablesOptions): ObjectsSink {
  const { store, catalog, routes, tables, columns, place } = options;
  const { source, dialect } = engineOf(options.source);
  // The sink names its tables in small letters, whatever the topics are called.
  const routeOf = new Map(routes.map((route) => [route.topic.toLowerCase(), route]));
  const kindsOf = new Map(
    tables.map((table) => [
      tableId(table),
      new Map(table.columns.map((column) => [column.name, objectKind(dialect.kindOf(column))])),
    ]),
  );
  const manifests: KnownManifests = new Map();
  const listed = new Map<string, TopicRoute>();
  const columnsOf = columnsAsked(columns);
  const read = async (path: string): Promise<Buffer> => {
    const body = await store.get(keyOf(path));
    if (body === undefined) throw new Error(`${path} is not in the store, though the table names it`);
    return Buffer.from(body);
  };
  const routed = (key: string): TopicRoute => {
    const route = listed.get(key);
    if (route === undefined) throw new Error(`${key} is in no table's snapshot`);
    return route;
  };
  return {
    ...{ place, tables },
    async *list() {
      for (const { name, metadata } of await entriesOf(catalog)) {
        const route = routeOf.get(name);
        if (route === undefined) continue;
        const files: readonly DataFile[] = await dataFiles(metadata, read, manifests);
        for (const { path } of files) {
          const key = keyOf(path);
          listed.set(key, route);
          // No file is ever written anew.
          yield { key, version: key };
        }
      }
    },
    get: (key, signal) => store.get(key, signal),
    tableOf: (key): TableId => routed(key).table,
    async rows(key, body) {
      const { topic, table } = routed(key);
      const rows = await parquetRows(body);
      const known = await columnsOf(topic, ownColumns(rows));
      return changeRows(rows, { source, columns: known, kinds: kindsOf.get(table) ?? new Map() });
    },
  };
}

/** Of `s3://bucket/key` the key. */
function keyOf(path: string): string {
  return new URL(path).pathname.slice(1);
}

/** The tables that the catalog has; none before the sink has made its own. */
async function entriesOf(catalog: IcebergTablesOptions['catalog']): Promise<readonly Entry[]> {
  const [made] = await catalog.query<{ name: string | null }>(`SELECT to_regclass('iceberg_tables') AS name`);
  if (made === undefined || made.name === null) return [];
  return catalog.query<Entry>(
    `SELECT table_namespace || '.' || table_name AS name, metadata_location AS metadata FROM iceberg_tables ORDER BY 1`,
  );
}

/** What is known of a topic's columns: the source is asked where a file has some that are not known yet. */
function columnsAsked(types: ColumnTypes): (topic: string, names: readonly string[]) => Promise<KnownColumns> {
  const topics = new Map<string, { readonly columns: KnownColumns; readonly asked: Set<string> }>();
  return async (topic, names) => {
    const known = topics.get(topic) ?? { columns: knownColumns(), asked: new Set() };
    topics.set(topic, known);
    const { columns, asked } = known;
    if (names.some((name) => !columns.has(name) && !asked.has(name))) {
      columns.note(await types.columnsOf(topic));
      // What the source has no more is compared with nothing, and is not asked for again.
      for (const name of names) asked.add(name);
    }
    return columns;
  };
}
