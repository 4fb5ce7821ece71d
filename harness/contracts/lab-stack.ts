import { labLagShape } from './lab-report.ts';
import { flag, list, nullable, number, oneOf, optional, type Said, shape, text, time, whole } from './schema.ts';

const nodeShape = shape({
  name: text(),
  state: oneOf(['stopped', 'starting', 'running', 'paused', 'killed', 'failed']),
  healthy: flag(),
  pid: nullable(whole()),
  address: text('127.0.0.1:5432, or a URL where it speaks HTTP'),
  version: text('what it runs: PostgreSQL 18.1, Apache Kafka 4.1.0'),
  log: text('absolute path of its log'),
  restarts: whole('starts since the lab is up, the first not counted'),
});

export type LabNode = Said<typeof nodeShape>;

/** `GET /api/v1/stack` */
export const stackShape = shape({
  runtime: text(),
  daemon: shape({ pid: whole(), uptime_seconds: number(), memory_bytes: number() }),
  nodes: list(nodeShape),
});

export type LabStack = Said<typeof stackShape>;

const partitionLagShape = shape({
  topic: text(),
  partition: whole(),
  committed: text('next offset that the group will read, as applied'),
  end: text('the end of the log'),
  start: text('the oldest offset that the log still holds'),
  lag_records: whole(),
  lag_ms: number(),
});

const groupLagShape = shape({
  group: text(),
  variant: text(),
  lag: labLagShape,
  partitions: list(partitionLagShape),
});

export type LabGroupLag = Said<typeof groupLagShape>;

/** `GET /api/v1/lag` */
export const lagsShape = shape({
  at: time(),
  retention_ms: nullable(number(), 'shortest retention.ms of the topics; null for none'),
  groups: list(groupLagShape),
});

export type LabLags = Said<typeof lagsShape>;

const connectorShape = shape({
  name: text(),
  type: oneOf(['source', 'sink']),
  worker: text(),
  state: text(),
  tasks: list(shape({ id: whole(), state: text(), trace: nullable(text()) })),
  captured_lsn: nullable(
    text(),
    "how far a source connector has come in the source's log; null for a sink, and before its first event",
  ),
  error: nullable(text()),
});

export type LabConnector = Said<typeof connectorShape>;

/** `GET /api/v1/connectors` */
export const connectorsShape = shape({ connectors: list(connectorShape) });

export type LabConnectors = Said<typeof connectorsShape>;

/** `GET /health` */
export const healthShape = shape({ status: oneOf(['healthy', 'unhealthy']), reasons: optional(list(text())) });
