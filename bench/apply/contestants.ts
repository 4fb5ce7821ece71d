import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectClient, failureOf } from '#clients/connect.ts';
import { engineOf } from '#engines/index.ts';
import { tableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import type { Stack } from '#model/stack.ts';
import { nodeOptions } from '#setup/node-options.mjs';
import { OperatorError } from '#std/errors.ts';
import { until } from '#std/wait.ts';
import { contentsOf } from '../common/contents.ts';
import type { ChildOptions, Message, Used } from './child.ts';
import { LAST_KEY, type Topic } from './topic.ts';

/**
 * `debezium-jdbc` has sensible batch sizes; `-reduced` and `-unnest` in addition what else makes the connector faster, at
 * the price of dropping all but the last event of a key within a batch.
 */
export const CONTESTANTS = [
  'upsert',
  'dedup',
  'debezium-jdbc',
  'debezium-jdbc-reduced',
  'debezium-jdbc-unnest',
] as const;
export type Contestant = (typeof CONTESTANTS)[number];

export interface Turn {
  readonly stack: Stack;
  readonly topic: Topic;
  readonly contestant: Contestant;
  /** Names its sink and its consumer group. */
  readonly name: string;
  readonly maxInFlightBytes: number | undefined;
  readonly signal: AbortSignal;
}

export interface Outcome {
  /** From the moment at which its task runs to the last row in the sink. */
  readonly ms: number;
  /** What the process that applies has used; a Connect worker's memory is not this task's alone. */
  readonly used: Partial<Used>;
  /** What the sink then holds. */
  readonly contents: string;
}

const RUNNING_LIMIT_MS = 60_000;
/** Some 50 events a second. */
const APPLY_LIMIT_MS_PER_EVENT = 20;

/** Something that applies the topic to a sink, from its oldest record on. */
interface Running {
  /** The error for which it has stopped. */
  failure(): Promise<string | undefined>;
  stop(): Promise<Partial<Used>>;
}

/** Has one contestant apply the topic to a fresh sink, and takes the sink away. */
export async function measure(turn: Turn): Promise<Outcome> {
  const { stack, topic, name, signal } = turn;
  const sink = await engineOf(stack.sink).server.create(stack.sink, name);
  try {
    await engineOf(sink).sink.createTable(sink, topic.table, { keyed: true });
    // What the one before has left to be written must not fall to this one.
    await sink.query('CHECKPOINT');
    const running = await (turn.contestant.startsWith('debezium') ? startConnector : startBuiltin)(turn, sink);
    const began = performance.now();
    try {
      await allApplied(turn, sink, running);
    } catch (error) {
      await running.stop();
      throw error;
    }
    const ms = performance.now() - began;
    const used = await running.stop();
    return { ms, used, contents: await contentsOf(sink, topic.table) };
  } finally {
    await sink.close();
    await engineOf(stack.sink).server.drop(stack.sink, name);
    signal.throwIfAborted();
  }
}

async function allApplied({ topic, contestant, signal }: Turn, sink: Database, running: Running): Promise<void> {
  const last = `SELECT 1 FROM ${tableId(topic.table)} WHERE id = ${LAST_KEY}`;
  let asked = 0;
  await until(
    async () => {
      if (asked++ % 50 === 0) {
        const failure = await running.failure();
        if (failure !== undefined) throw stopped(contestant, failure);
      }
      return (await sink.query(last)).length > 0;
    },
    {
      what: `${contestant} to apply ${topic.events} events`,
      limitMs: RUNNING_LIMIT_MS + topic.events * APPLY_LIMIT_MS_PER_EVENT,
      pauseMs: 20,
      maxPauseMs: 20,
      signal,
    },
  );
}

function stopped(contestant: Contestant, failure: string): OperatorError {
  return new OperatorError({
    code: 'contestant-failed',
    message: `${contestant} has stopped`,
    found: failure,
    exit: 3,
  });
}

async function startBuiltin(
  { stack, topic, contestant, name, maxInFlightBytes }: Turn,
  sink: Database,
): Promise<Running> {
  const bound = maxInFlightBytes === undefined ? {} : { maxInFlightBytes };
  const options: ChildOptions = {
    name,
    brokers: stack.brokers,
    groupId: name,
    routes: [{ topic: topic.name, table: tableId(topic.table) }],
    sink: { engine: sink.engine, url: sink.url },
    spec: { kind: 'builtin', title: name, mode: contestant as 'upsert' | 'dedup', ...bound },
    ...(stack.registry === undefined ? {} : { registryUrl: stack.registry.url }),
  };
  const child = fork(join(import.meta.dirname, 'child.ts'), [], {
    stdio: ['pipe', 'inherit', 'inherit', 'ipc'],
    execArgv: [...process.execArgv, ...nodeOptions('scenario')],
  });
  const running = Promise.withResolvers<void>();
  const used = Promise.withResolvers<Used>();
  let failure: string | undefined;
  used.promise.catch(() => {});
  child.on('message', (message: Message) => {
    if ('running' in message) running.resolve();
    else if ('used' in message) used.resolve(message.used);
    else failure = message.failed;
  });
  child.on('exit', (code) => {
    failure ??= `the applier's process ended with status ${code}`;
    running.reject(new Error(failure));
    used.reject(new Error(failure));
  });
  child.stdin?.end(JSON.stringify(options));
  await running.promise;
  return {
    failure: async () => failure,
    async stop() {
      if (child.connected) child.send('stop');
      return used.promise;
    },
  };
}

/**
 * The lab's own configuration with polls, batches and fetches for one busy topic: the consumer fetches 1 MiB a partition
 * by default, some 300 of these records.
 */
function connectorConfig({ stack, topic, contestant }: Turn, sink: Database): Record<string, string> {
  const config: Record<string, string> = {
    ...engineOf(stack.sink).sink.connectorConfig({ server: stack.sink, database: sink.name, topics: [topic.name] }),
    'batch.size': '5000',
    'consumer.override.max.poll.records': '5000',
    'consumer.override.max.partition.fetch.bytes': String(16 * 1024 * 1024),
  };
  if (contestant === 'debezium-jdbc') return config;
  return {
    ...config,
    // One statement for many rows, by the driver or by the connector. It may hold a key once, hence the buffer.
    'use.reduction.buffer': 'true',
    ...(contestant === 'debezium-jdbc-unnest'
      ? { 'dialect.postgres.unnest.insert.enabled': 'true' }
      : { 'connection.url': `${config['connection.url']}?reWriteBatchedInserts=true` }),
  };
}

async function startConnector(turn: Turn, sink: Database): Promise<Running> {
  const { stack, name, signal } = turn;
  const connect = connectClient(stack.workers.sink);
  const pid = stack.nodes.get('connect-sink')?.pid;
  const cpuBefore = cpuMsOf(pid);
  await connect.put(name, connectorConfig(turn, sink), signal);
  await connect.awaitState(name, 'RUNNING', { limitMs: RUNNING_LIMIT_MS, maxPauseMs: 20, signal });
  return {
    async failure() {
      const status = await connect.status(name);
      return status === undefined ? undefined : failureOf(status)?.error;
    },
    async stop() {
      const cpuAfter = cpuMsOf(pid);
      await connect.delete(name);
      return cpuBefore === undefined || cpuAfter === undefined ? {} : { cpuMs: cpuAfter - cpuBefore };
    },
  };
}

/** Processor time that a process has used; undefined where the system does not say it in /proc. */
function cpuMsOf(pid: number | undefined): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // Fields 14 and 15 of the line, in ticks, of which Linux shows a hundred a second.
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return undefined;
  }
}
