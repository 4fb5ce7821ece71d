import type { SourceReader } from '#log/source-block.ts';
import type { StackObjects } from '#model/stack.ts';
import { CHANGE_COLUMNS, SOURCE_FIELD } from '#verify/observe/iceberg/change-rows.ts';

/** The engine of the server that keeps the catalog: the sink brings its driver alone. */
export const CATALOG_ENGINE = 'postgres';

export const ICEBERG_SINK = 'org.apache.iceberg.connect.IcebergSinkConnector';

export interface IcebergConfigOptions {
  readonly topics: readonly string[];
  /** The fields of the events' `source` block that become columns. */
  readonly block: SourceReader;
  /** Where its writers and its coordinator tell each other of files and commits. */
  readonly controlTopic: string;
  readonly commitMs: number;
  /** Where its tables are: `s3://bucket/folder`. */
  readonly warehouse: string;
  readonly store: Pick<StackObjects, 'credentials'> & { readonly endpoint: string };
  /** The database of its catalog, by JDBC. */
  readonly catalog: { readonly url: string; readonly user: string; readonly password: string };
}

/**
 * The configuration of Apache Iceberg's sink for Kafka Connect: one table a topic, named as the topic is, made and widened by the sink, to
 * which each change is appended as a row of its own. Debezium's transform takes the envelope off and has deletes written as rows.
 */
export function icebergConfig(options: IcebergConfigOptions): Record<string, string> {
  const { topics, block, controlTopic, commitMs, warehouse, store, catalog } = options;
  return {
    'connector.class': ICEBERG_SINK,
    // One task writes all: its files then have the order of the topics' partitions.
    'tasks.max': '1',
    topics: topics.join(','),
    'iceberg.tables.dynamic-enabled': 'true',
    'iceberg.tables.route-field': CHANGE_COLUMNS.topic,
    'iceberg.tables.auto-create-enabled': 'true',
    'iceberg.tables.evolve-schema-enabled': 'true',
    // Of a deleted row nothing but its key is known.
    'iceberg.tables.schema-force-optional': 'true',
    'iceberg.control.topic': controlTopic,
    'iceberg.control.commit.interval-ms': String(commitMs),
    'iceberg.catalog.catalog-impl': 'org.apache.iceberg.jdbc.JdbcCatalog',
    'iceberg.catalog.uri': catalog.url,
    'iceberg.catalog.jdbc.user': catalog.user,
    'iceberg.catalog.jdbc.password': catalog.password,
    'iceberg.catalog.jdbc.schema-version': 'V1',
    'iceberg.catalog.warehouse': warehouse,
    'iceberg.catalog.io-impl': 'org.apache.iceberg.aws.s3.S3FileIO',
    'iceberg.catalog.s3.endpoint': store.endpoint,
    'iceberg.catalog.s3.path-style-access': 'true',
    'iceberg.catalog.s3.access-key-id': store.credentials.keyId,
    'iceberg.catalog.s3.secret-access-key': store.credentials.secret,
    'iceberg.catalog.client.region': 'us-east-1',
    ...transforms(block),
  };
}

function transforms({ fields }: SourceReader): Record<string, string> {
  const { op, committedAt, received, topic, partition, offset } = CHANGE_COLUMNS;
  const added = [
    `op:${op}`,
    `source.ts_ms:${committedAt}`,
    ...fields.map((one) => `source.${one}:${SOURCE_FIELD}${one}`),
  ];
  return {
    transforms: 'unwrap,place',
    'transforms.unwrap.type': 'io.debezium.transforms.ExtractNewRecordState',
    'transforms.unwrap.delete.tombstone.handling.mode': 'rewrite',
    'transforms.unwrap.add.fields.prefix': '',
    'transforms.unwrap.add.fields': added.join(','),
    'transforms.place.type': 'org.apache.kafka.connect.transforms.InsertField$Value',
    'transforms.place.topic.field': topic,
    'transforms.place.partition.field': partition,
    'transforms.place.offset.field': offset,
    'transforms.place.timestamp.field': received,
  };
}
