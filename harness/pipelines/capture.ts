import type { KafkaMessage } from 'kafkajs';
import type { ConnectClient } from '#clients/connect.ts';
import { failureOf } from '#clients/connect.ts';
import type { Kafka } from '#clients/kafka.ts';
import { engineOf } from '#engines/index.ts';
import { formatReader } from '#log/formats/reader.ts';
import type { TableId } from '#model/catalog.ts';
import type { Capture, Database, RunStatus } from '#model/pipeline.ts';
import { notificationTopic } from '#model/pipeline-names.ts';
import type { SchemaSource } from '#model/registered-schema.ts';
import { until } from '#std/wait.ts';

const CHANGE_LIMIT_MS = 60_000;
const SNAPSHOT_LIMIT_MS = 120_000;

export interface CaptureOptions {
  readonly connector: string;
  readonly prefix: string;
  readonly connect: ConnectClient;
  readonly kafka: Kafka;
  readonly source: Database;
  /** Has the schemas that stand in no record. */
  readonly registry?: SchemaSource | undefined;
}

/** State of a connector as the pipeline sees it. */
export async function connectorStatus(connect: ConnectClient, connector: string): Promise<RunStatus> {
  const status = await connect.status(connector);
  if (status === undefined) return { state: 'stopped' };
  const failure = failureOf(status);
  if (failure !== undefined) return { state: 'failed', ...failure };
  switch (status.connector.state) {
    case 'PAUSED':
      return { state: 'paused' };
    case 'STOPPED':
    case 'DESTROYED':
      return { state: 'stopped' };
    default:
      return { state: 'running' };
  }
}

/** The source connector of one pipeline, driven over Connect's REST interface. */
export function openCapture(options: CaptureOptions): Capture {
  const { connector, connect } = options;
  const reach = (state: 'RUNNING' | 'STOPPED', signal: AbortSignal | undefined): Promise<void> =>
    connect.awaitState(connector, state, { limitMs: CHANGE_LIMIT_MS, signal });
  return {
    name: connector,
    status: () => connectorStatus(connect, connector),
    async restart(signal) {
      await connect.change(connector, 'stop', signal);
      await reach('STOPPED', signal);
      await connect.change(connector, 'resume', signal);
      await reach('RUNNING', signal);
    },
    restartFailed: (signal) => connect.restartFailed(connector, { limitMs: CHANGE_LIMIT_MS, signal }),
    async stop(signal) {
      await connect.change(connector, 'stop', signal);
      await reach('STOPPED', signal);
    },
    async resume(signal) {
      await connect.change(connector, 'resume', signal);
      await reach('RUNNING', signal);
    },
    awaitRunning: (signal) => reach('RUNNING', signal),
    snapshotAgain: (tables, signal) => snapshotAgain(options, tables, signal),
  };
}

/**
 * Asks for an incremental snapshot through the signal table, and waits until the connector reports its end. Debezium
 * reads the tables in chunks between two marks in the log, so that streaming goes on and no row is taken from the past.
 */
async function snapshotAgain(options: CaptureOptions, tables: readonly TableId[], signal?: AbortSignal): Promise<void> {
  const topic = notificationTopic(options.prefix);
  const id = `driftlab-${Date.now()}`;
  const ended = Promise.withResolvers<void>();
  const formats = formatReader(options.registry);
  const read = async (message: KafkaMessage): Promise<unknown> => {
    if (message.value === null) return undefined;
    await formats.prepare([message]);
    return formats.schemaOf(topic, 'value', message.value).payload(message.value);
  };
  const consumer = options.kafka.consumer({ groupId: `driftlab-notifications-${id}`, sessionTimeout: 60_000 });
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        if (endsSnapshot(await read(message), id)) ended.resolve();
      },
    });
    await engineOf(options.source).source.signalSnapshot(options.source, id, tables);
    let done = false;
    void ended.promise.then(() => {
      done = true;
    });
    await until(() => done, {
      what: `the connector ${options.connector} to snapshot ${tables.length} tables again`,
      limitMs: SNAPSHOT_LIMIT_MS,
      signal,
    });
  } finally {
    await consumer.disconnect();
  }
}

/** Whether a notification says that the incremental snapshot asked for by the signal `id` has come to its end. */
export function endsSnapshot(payload: unknown, id: string): boolean {
  const notification = payload as Notification | null | undefined;
  return (
    notification !== undefined &&
    notification !== null &&
    notification.aggregate_type === 'Incremental Snapshot' &&
    notification.type === 'COMPLETED' &&
    notification.id === id
  );
}

/** The part of Debezium's notification that matters here. */
interface Notification {
  readonly aggregate_type?: string;
  readonly type?: string;
  /** For an incremental snapshot: the id of the signal that asked for it. */
  readonly id?: string;
}
