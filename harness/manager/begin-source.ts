import type { ConnectClient } from '#clients/connect.ts';
import { kafkaClient, logBounds } from '#clients/kafka.ts';
import type { StreamBeginning } from '#engines/port/stream.ts';
import { until } from '#std/wait.ts';
import { answered } from './connectors.ts';
import type { StreamContext } from './source-stream.ts';

const LIMIT_MS = 90_000;

type Config = Readonly<Record<string, string>>;

export interface BeginOptions {
  readonly connect: ConnectClient;
  readonly brokers: readonly string[];
  readonly name: string;
  /** As it is to run from then on. */
  readonly config: Config;
  readonly database: string;
  readonly beginning: StreamBeginning;
  readonly position: bigint;
}

/**
 * Has a source connector begin at a position of the log that the server keeps for nobody: created stopped, given the offset, and run
 * until it knows its tables. Its settings for that stay at Connect until then, so that a manager that is killed meanwhile is known to have been.
 */
export async function beginSource(
  { ends, urls, pipeline, tables, say, signal }: StreamContext,
  options: BeginOptions,
): Promise<void> {
  const { connect, name, config, beginning, position } = options;
  const beginningConfig = { ...config, ...beginning.settings };
  const there = await answered(connect.config(name, signal));
  const isBeginning = Object.entries(beginning.settings).every(([property, value]) => there?.[property] === value);
  if (there !== undefined && !isBeginning) return;
  const limits = { limitMs: LIMIT_MS, signal };
  if (there === undefined) {
    await connect.createStopped(name, beginningConfig, signal);
    await connect.awaitState(name, 'STOPPED', limits);
  } else {
    await connect.put(name, beginningConfig, signal);
    await connect.stop(name, limits);
  }
  const at = await beginning.offsets(urls.source, { name: pipeline.mark, position });
  await connect.setOffsets(name, [at], signal);
  await connect.change(name, 'resume', signal);
  await connect.awaitState(name, 'RUNNING', limits);
  await definitions(
    options,
    tables.map(({ id }) => beginning.nameOf(options.database, id)),
    signal,
  );
  say(`${name}: begins at ${ends.source.engine.source.formatPosition(position)}`);
}

/** Waits until the connector has written down what every table is like. */
async function definitions(
  { brokers, config, beginning, name, connect }: BeginOptions,
  tables: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const topic = beginning.definitionsTopic(config);
  const client = kafkaClient(brokers, 'driftlab pipeline', signal);
  const admin = client.admin();
  const groupId = `${name}_definitions`;
  const consumer = client.consumer({ groupId, maxWaitTimeInMs: 200 });
  const missing = new Set(tables);
  const what = `${name} to note what its tables are like`;
  const saw = () => `nothing of ${[...missing].join(', ')}`;
  try {
    await admin.connect();
    const written = async (): Promise<boolean> => {
      // A task that fails says why, and writes nothing any more.
      await connect.awaitState(name, 'RUNNING', { limitMs: LIMIT_MS, signal });
      const { ends } = await logBounds(admin, [topic], signal);
      return [...ends.values()].some((end) => end > 0n);
    };
    const there = async (): Promise<boolean> => (await admin.listTopics()).includes(topic);
    await until(async () => (await there()) && (await written()), { what, limitMs: LIMIT_MS, signal, saw });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ message }) => {
        for (const table of beginning.defines(message.value?.toString() ?? '{}')) missing.delete(table);
      },
    });
    await until(async () => missing.size === 0, { what, limitMs: LIMIT_MS, signal, saw });
  } finally {
    await consumer.disconnect().catch(() => {});
    await admin.deleteGroups([groupId]).catch(() => {});
    await admin.disconnect().catch(() => {});
  }
}
