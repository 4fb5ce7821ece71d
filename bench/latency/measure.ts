import { setTimeout as delay } from 'node:timers/promises';
import { engineOf } from '#engines/index.ts';
import type { Table } from '#model/catalog.ts';
import type { Database, VariantSpec } from '#model/pipeline.ts';
import type { Stack } from '#model/stack.ts';
import { keyOf, type Row } from '#model/values.ts';
import type { Generator } from '#model/workload.ts';
import { openPipeline } from '#pipelines/open-pipeline.ts';
import { until } from '#std/wait.ts';
import { openLedger } from '#workloads/ledger.ts';
import { openWriters } from '#workloads/writers.ts';
import { contentsOf } from '../common/contents.ts';

const WRITER_SESSIONS = 4;
const DRAIN_LIMIT_MS = 120_000;

/** Makes both servers keep when each transaction was committed. It takes a restart. */
export async function keepCommitTimes(stack: Stack, signal: AbortSignal): Promise<void> {
  for (const name of ['source', 'sink'] as const) {
    const database = engineOf(stack[name]).server.openNamed(stack[name], 'postgres');
    await database.query('ALTER SYSTEM SET track_commit_timestamp = on');
    await database.close();
    const node = stack.nodes.get(name);
    await node?.stop();
    await node?.start(signal);
  }
}

export interface LatencyOptions {
  readonly stack: Stack;
  readonly template: string;
  /** Names the pipeline. */
  readonly name: string;
  readonly variant: string;
  readonly spec: VariantSpec;
  readonly generator: Generator;
  readonly rate: number;
  readonly seconds: number;
  readonly ledger: string;
  readonly signal: AbortSignal;
}

export interface Latency {
  /** From the change's commit at the source to the commit at the sink that brought it, as the servers have kept them. */
  readonly ms: number;
  /** The last part of it: from when the applier got the record. Absent for a connector, which does not say. */
  readonly applyingMs?: number;
}

/**
 * One for each row that was last changed while it was measured. All clocks are the machine's. Throws where the sink does
 * not come to equal the source.
 */
export async function latencies(options: LatencyOptions): Promise<Latency[]> {
  const { stack, template, name, variant, spec, signal } = options;
  await using pipeline = await openPipeline({ stack, name, template, variants: { [variant]: spec }, signal });
  await using ledger = openLedger(options.ledger, name);
  await using writers = openWriters({
    sessions: Array.from({ length: WRITER_SESSIONS }, () =>
      engineOf(pipeline.source).source.openWriterSession(pipeline.source),
    ),
    generator: options.generator,
    ledger,
    rate: options.rate,
  });
  const sink = pipeline.variants.get(variant)?.sink;
  if (sink === undefined) throw new Error(`the pipeline has no variant ${variant}`);
  const tables = await pipeline.tables();
  await equal(pipeline.source, sink, tables, signal);

  writers.resume();
  await delay((options.seconds * 1000) / 3, undefined, { signal });
  const from = Date.now();
  const before = writers.committed;
  await delay(options.seconds * 1000, undefined, { signal });
  const to = Date.now();
  const rate = (writers.committed - before) / ((to - from) / 1000);
  await writers.pause();
  if (writers.failure !== undefined) throw new Error(`the writers failed: ${writers.failure}`);
  if (rate < options.rate * 0.9)
    throw new Error(`the writers reached ${rate.toFixed(0)} of ${options.rate} transactions/s`);
  await equal(pipeline.source, sink, tables, signal);

  const all: Latency[] = [];
  for (const table of tables) {
    const arrived = await commitTimes(sink, table, spec.kind === 'builtin');
    for (const [key, { committedMs }] of await commitTimes(pipeline.source, table, false)) {
      const there = arrived.get(key);
      if (committedMs < from || committedMs > to || there === undefined) continue;
      const ms = there.committedMs - committedMs;
      all.push(there.receivedMs === undefined ? { ms } : { ms, applyingMs: there.committedMs - there.receivedMs });
    }
  }
  return all;
}

function equal(source: Database, sink: Database, tables: readonly Table[], signal: AbortSignal): Promise<unknown> {
  let differs = '';
  return until(
    async () => {
      for (const table of tables) {
        const [there, here] = await Promise.all([contentsOf(source, table), contentsOf(sink, table)]);
        differs = `${table.name}: ${there} at the source, ${here} at the sink`;
        if (there !== here) return false;
      }
      return true;
    },
    { what: 'the sink to equal the source', limitMs: DRAIN_LIMIT_MS, signal, saw: () => differs },
  );
}

interface Times {
  readonly committedMs: number;
  readonly receivedMs?: number;
}

/** When each row of the table as it is now was committed, and got by the applier, in ms since the epoch, by its key. */
async function commitTimes(database: Database, table: Table, received: boolean): Promise<ReadonlyMap<string, Times>> {
  const key = table.key.map((column) => `"${column}"`).join(', ');
  const rows = await database.query<Row & { readonly committed_ms: string; readonly received_ms: string | null }>(
    `SELECT ${key}, extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000 AS committed_ms,
      ${received ? 'extract(epoch FROM _cdc_received) * 1000' : 'NULL'} AS received_ms FROM "${table.schema}"."${table.name}"`,
  );
  return new Map(
    rows.map(({ committed_ms, received_ms, ...row }) => {
      const times = { committedMs: Number(committed_ms) };
      return [keyOf(table.key, row), received_ms === null ? times : { ...times, receivedMs: Number(received_ms) }];
    }),
  );
}
