import type { Anomaly, Hop } from '#model/finding.ts';

/** What is right to say of one subject under one fault. */
export interface Right {
  /** Whether it survives; null where nobody can say, with the reason in `says`. */
  readonly survives: boolean | null;
  /** Classes that must be shown; no others may be, but those under `may`. */
  readonly shows?: readonly Anomaly[];
  readonly may?: readonly Anomaly[];
  /** The hop at which every example went wrong. */
  readonly hop?: Hop;
  /** What must be read in the report's words of it: findings, reasons, what to change. */
  readonly says?: readonly RegExp[];
  /** What must not. */
  readonly never?: readonly RegExp[];
  /** What must be read under Not checked, or among the notes. */
  readonly notes?: readonly RegExp[];
  /** The code of the cause that must be named first. */
  readonly cause?: string;
  /** Events that may be called replayed; 0 where it is left out and no fault replays any. */
  readonly replays?: boolean;
}

export type Configuration = Readonly<Record<string, string>>;

/** A pipeline as somebody deploys it, and what is right to say of it. */
export interface Situation {
  /** `enum/plain`: what it is about, and which of several. */
  readonly id: string;
  readonly about: string;
  /** Files beside the pipeline file, by name. */
  readonly files: Readonly<Record<string, string>>;
  /** The pipeline file. */
  readonly pipeline: object;
  /** What must be read of why the run ended early; absent where it must come to its end. */
  readonly ends?: readonly RegExp[];
  /** By fault and subject: `none/warehouse`. */
  readonly right: Readonly<Record<string, Right>>;
}

/** A Debezium source connector's file, as it is posted; `tables` are `schema.table`. */
export function debezium(prefix: string, tables: readonly string[], more: Configuration = {}): string {
  return posted(`${prefix}-source`, {
    'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
    'tasks.max': '1',
    'database.hostname': 'db.example.internal',
    'database.port': '5432',
    'database.user': 'capture',
    'database.password': `\${env:CAPTURE_PASSWORD}`,
    'database.dbname': 'app',
    'topic.prefix': prefix,
    'plugin.name': 'pgoutput',
    'slot.name': `${prefix}_slot`,
    'publication.name': `${prefix}_publication`,
    'publication.autocreate.mode': 'filtered',
    'table.include.list': tables.join(','),
    ...more,
  });
}

/** A Debezium JDBC sink connector's file: by key, with deletes, into tables that are there. */
export function jdbc(topics: readonly string[], more: Configuration = {}): string {
  return posted('warehouse-sink', {
    'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
    'tasks.max': '1',
    topics: topics.join(','),
    'connection.url': 'jdbc:postgresql://warehouse.example.internal:5432/warehouse',
    'connection.username': 'loader',
    'connection.password': `\${env:LOADER_PASSWORD}`,
    'collection.name.format': `\${source.table}`,
    'schema.evolution': 'none',
    'insert.mode': 'upsert',
    'primary.key.mode': 'record_key',
    'delete.enabled': 'true',
    ...more,
  });
}

function posted(name: string, config: Configuration): string {
  return `${JSON.stringify({ name, config }, null, 2)}\n`;
}

/** The command line of a writer that runs these scripts again and again. */
export const pgbench = (rate: number, ...scripts: readonly string[]): string =>
  `exec pgbench --no-vacuum --client 2 --rate ${rate} --time 600 ${scripts.map((file) => `--file ${file}`).join(' ')}`;
