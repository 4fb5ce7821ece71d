import { setTimeout as delay } from 'node:timers/promises';
import { connectClient } from '#clients/connect.ts';
import { kafkaClient, logBounds } from '#clients/kafka.ts';
import type { Bench } from '#engine/bench.ts';
import { type Drained, drain, reached } from '#engine/drain.ts';
import { leftOut } from '#engine/marker.ts';
import type { Variant } from '#model/pipeline.ts';
import type { Offsets } from '#model/position.ts';
import { KEYLESS } from '#model/values.ts';
import type { Transaction } from '#model/workload.ts';
import { OperatorError } from '#std/errors.ts';
import type { Random } from '#std/random.ts';
import type { Alterations } from './alterations.ts';
import type { Jury, Planting } from './jury.ts';
import { hasNotes, hasRows, lostNote, mendNotes, notePlants } from './notes.ts';
import type { Field, Plant } from './plant.ts';
import { plantsOf } from './plants.ts';
import { changeAtOnce } from './sink-rows.ts';
import {
  COLUMN_TABLES,
  DIM_NOTES,
  insert,
  note,
  remove,
  rowOf,
  type TableName,
  type TrialGenerator,
  type TrialRow,
  update,
} from './workload.ts';

export interface Trial {
  readonly bench: Bench;
  readonly generator: TrialGenerator;
  readonly jury: Jury;
  readonly luck: Random;
  /** Keys of rows that nobody has used yet, in each table. */
  readonly quiet: Readonly<Record<'calm' | 'pairs' | 'coded' | 'dark' | 'notes', number[]>>;
  readonly alterations: Alterations;
  /** The connector's configuration without some of the tables. */
  connectorConfig(without: readonly string[]): Readonly<Record<string, string>>;
  /** Numbers for rows and changes, each given once. */
  next(): number;
  /** Resolves once so many continuous checks that began from now on have ended. */
  checks(count: number): Promise<void>;
}

const LIMIT_MS = 60_000;
/** Damage of one round is spread over about so long, so that checks fall anywhere among it. */
const SPREAD_MS = 2000;
/** Checks after which what has not been reported has been missed. */
const PATIENCE_CHECKS = 15;

/** Plants every kind at every sink, with writers running or standing still, and mends it all again. */
export async function sinkRound(trial: Trial, writing: boolean): Promise<void> {
  const { bench, jury, luck } = trial;
  bench.writers.resume();
  const variants = [...bench.pipeline.variants.values()];
  // Rows that no key names are compared at the end only, which is when the writers have stopped.
  const notes = writing ? [] : variants.filter(({ name }) => hasNotes(name));
  const plants = [
    ...variants.filter(({ name }) => hasRows(name)).flatMap((variant) => plantsOf(fieldOf(trial, variant))),
    ...notes.flatMap((variant) => notePlants(fieldOf(trial, variant))),
  ];
  const steps = Math.max(...plants.map(({ before }) => before.length));
  for (const one of plants) jury.expect(one);
  for (let step = 0; step < steps; step++) {
    const transactions = await Promise.all(plants.map(async ({ before }) => (await before[step]?.()) ?? []));
    for (const one of plants)
      if (one.damage === undefined && step === one.before.length - 1) one.plantedAt = Date.now();
    await written(trial, transactions.flat());
    // What is planted next is told from what was there by what a check has seen in between.
    await trial.checks(2);
  }
  const stuck = writing ? undefined : await standStill(trial);
  await Promise.all(
    plants.map(async (one) => {
      if (one.damage === undefined) return;
      await delay(luck.below(SPREAD_MS));
      one.plantedAt = Date.now();
      await one.damage();
    }),
  );
  await reported(
    trial,
    plants.filter(({ atEnd }) => atEnd !== true),
  );
  if (stuck !== undefined) await finalCheck(trial, stuck);
  await mend(trial, plants);
}

function fieldOf(trial: Trial, variant: Variant): Field {
  const tables = Array.from({ length: COLUMN_TABLES }, (_, number) => number);
  return {
    variant: variant.name,
    sink: variant.sink,
    luck: trial.luck.fork(`${variant.name} ${trial.next()}`),
    naming: (name) => trial.bench.pipeline.tableId(name),
    alterations: trial.alterations,
    fresh: (keyless = false) =>
      freshRow(trial, trial.luck.chance(0.5) ? 'calm' : keyless || trial.luck.chance(0.5) ? 'pairs' : 'coded'),
    note: () => taken(trial, 'notes'),
    freshIn: (name) => freshRow(trial, name),
    unused: () => 1_000_000 + trial.next(),
    stamp: () => trial.next(),
    columnTable: () => tables.pop() ?? 0,
  };
}

function taken({ quiet }: Trial, name: keyof Trial['quiet']): number {
  const id = quiet[name].pop();
  if (id === undefined) throw new Error(`the rows of ${name} are used up`);
  return id;
}

export function freshRow(trial: Trial, name: 'calm' | 'pairs' | 'coded'): TrialRow {
  return rowAt(trial, name, taken(trial, name));
}

function rowAt({ bench }: Trial, name: TableName, id: number): TrialRow {
  return rowOf((table) => bench.pipeline.tableId(table), name, id);
}

/** Submits transactions and waits until every sink has what they changed. */
async function written(trial: Trial, transactions: readonly Transaction[]): Promise<void> {
  if (transactions.length === 0) return;
  await committed(trial, transactions);
  await arrived(trial.bench);
}

/** Waits until every sink has all that the log holds now. */
export async function arrived({ pipeline, waits }: Bench): Promise<void> {
  const ends = await pipeline.log.endOffsets();
  const behind = new Map<string, string>([...pipeline.variants.keys()].map((name) => [name, 'not asked yet']));
  await waits.until(
    'every sink to have what the log has',
    async () => {
      for (const { name, applied, status } of pipeline.variants.values()) {
        if (!behind.has(name)) continue;
        const { error } = await status();
        if (error !== undefined)
          throw new OperatorError({ code: 'variant-failed', message: `${name} has failed: ${error}`, exit: 3 });
        const at = await applied();
        if (reached(at, ends)) behind.delete(name);
        else behind.set(name, lacking(at, ends));
      }
      return behind.size === 0;
    },
    { limitMs: LIMIT_MS, saw: () => [...behind].map(([name, what]) => `${name}: ${what}`).join('; ') },
  );
}

/** Which partitions are not applied to their ends. */
function lacking(at: Offsets, ends: Offsets): string {
  return [...ends]
    .flatMap(([name, end]) => ((at.get(name) ?? 0n) < end ? [`${name} ${at.get(name)}/${end}`] : []))
    .join(', ');
}

/** Submits transactions and waits until the source has them and, where they are captured, the log too. */
export async function committed(trial: Trial, transactions: readonly Transaction[], captured = true): Promise<void> {
  const { bench, generator } = trial;
  const rows = transactions.flatMap(({ statements }) => statements.flatMap(({ writes }) => writes));
  const from = bench.ledger.operations.at(-1)?.seq ?? 0;
  const before = new Map(rows.map((row) => [row, bench.ledger.last(row.table, row.key)?.seq ?? 0]));
  for (const one of transactions) generator.submit(one);
  bench.writers.resume();
  await bench.waits.until(
    'the source to have what the trial wrote',
    () =>
      rows.every((row) => {
        const last = bench.ledger.last(row.table, row.key);
        if (last === undefined || last.seq <= (before.get(row) ?? 0)) return false;
        // The last of a table without a key may be any writer's: as many as these, and all of them, must be there.
        if (row.key === KEYLESS) {
          const count = rows.filter(({ table }) => table === row.table).length;
          return notesThere(bench, { table: row.table, from, count, captured });
        }
        return !captured || bench.pipeline.log.holds(row.table, row.key, last.txn);
      }),
    { limitMs: LIMIT_MS, saw: () => `${generator.waiting} transactions waiting; ${bench.writers.failure ?? ''}` },
  );
}

function notesThere(
  { ledger, pipeline }: Bench,
  { table, from, count, captured }: { table: string; from: number; count: number; captured: boolean },
): boolean {
  const of = ledger.operations.filter((one) => one.seq > from && one.table === table);
  return of.length >= count && (!captured || of.every(({ key, txn }) => pipeline.log.holds(table, key, txn)));
}

/**
 * Stops the writers and waits until all that they wrote has arrived, or will not: where and why not, by variant. Only then is a
 * change that the log lacks one that was not captured; right after the writers have stopped it is one that is still on its way.
 */
export async function standStill({ bench }: Trial): Promise<Drained['stuck']> {
  const { pipeline, ledger, waits } = bench;
  await bench.writers.pause();
  // What was planted as not captured of a table without a key stays so.
  const { stuck } = await drain({ pipeline, ledger, waits, limitMs: LIMIT_MS, hopeless: leftOut(pipeline, ledger) });
  return stuck;
}

/** Compares every row, as {@link standStill} has left the pipeline. */
export async function finalCheck({ bench, jury }: Trial, stuck: Drained['stuck']): Promise<void> {
  const startedAt = Date.now();
  jury.take({ kind: 'final', startedAt, variants: await bench.verifier.finalCheck(stuck) });
}

/** Waits until all is reported, or as many checks have passed as should have found it. */
export async function reported(trial: Trial, plantings: readonly Planting[]): Promise<void> {
  for (let made = 0; made < PATIENCE_CHECKS; made++) {
    if (plantings.every(({ reportedAt }) => reportedAt !== undefined)) return;
    await trial.checks(1);
  }
}

async function mend(trial: Trial, plants: readonly Plant[]): Promise<void> {
  const transactions = await Promise.all(plants.map((one) => one.heal()));
  await written(trial, transactions.flat());
  const healedAt = Date.now();
  for (const one of plants) one.healedAt = healedAt;
  // A check that begins now finds nothing any more, or raises a false alarm.
  await trial.checks(2);
}

/** Each kind of change so many times, at each of the two hops before the sink. */
const DARK_EACH = 6;

/**
 * Changes that the connector does not capture, for their table is not on its list; and changes that leave the log
 * before any consumer has read them. Both concern every sink.
 */
export async function darkRound(trial: Trial): Promise<void> {
  const { bench, jury } = trial;
  const { pipeline } = bench;
  bench.writers.resume();
  const uncaptured = darkChanges(trial, 'unheard', 'source-to-log');
  const expired = darkChanges(trial, 'shortlived', 'log');
  const plantings = [...uncaptured, ...expired].flatMap(({ plantings }) => plantings);

  await captureWithout(trial, ['unheard', DIM_NOTES]);
  const dim = Array.from({ length: DARK_EACH }, () => 1_000_000 + trial.next());
  const dimNotes = dim.map((n) => note(pipeline.tableId(DIM_NOTES), DIM_NOTES, n));
  await committed(
    trial,
    [
      ...uncaptured.map(({ transaction }) => transaction),
      ...dimNotes.map((statement): Transaction => ({ statements: [statement], reads: [] })),
    ],
    false,
  );
  // Once the connector has a later change, it has passed those over.
  await committed(trial, [{ statements: [update(freshRow(trial, 'calm'), trial.next())], reads: [] }]);
  await captureWithout(trial, []);
  plantings.push(...dim.flatMap((n) => lostNote(trial, n)));
  for (const one of plantings) jury.expect(one);

  await Promise.all([...pipeline.variants.values()].map((variant) => variant.pause()));
  await committed(
    trial,
    expired.map(({ transaction }) => transaction),
  );
  await cutLog(trial, 'shortlived');
  // The verifier must have seen where the log began while the consumers stood before it.
  await trial.checks(1);
  await Promise.all([...pipeline.variants.values()].map((variant) => variant.resume()));
  for (const one of plantings) one.plantedAt = Date.now();
  // The uncaptured changes never come; what comes late on a busy machine is waited for.
  const stuck = await standStill(trial);
  await trial.checks(2);
  await finalCheck(trial, stuck);
  await mendNotes(trial, dim);
  const healed = plantings.filter(({ expected }) =>
    expected.some(({ table }) => table === pipeline.tableId(DIM_NOTES)),
  );
  await mendDark(trial, [...uncaptured, ...expired]);
  for (const one of healed) one.healedAt = Date.now();
}

interface DarkChange {
  readonly row: TrialRow;
  readonly anomaly: 'lost' | 'stale' | 'orphan';
  readonly transaction: Transaction;
  readonly plantings: readonly Planting[];
}

function darkChanges(trial: Trial, name: 'unheard' | 'shortlived', hop: 'source-to-log' | 'log'): DarkChange[] {
  return (['lost', 'stale', 'orphan'] as const).flatMap((anomaly) =>
    Array.from({ length: DARK_EACH }, (): DarkChange => {
      const row = rowAt(trial, name, anomaly === 'lost' ? 1_000_000 + trial.next() : (trial.quiet.dark.pop() ?? 0));
      const change = anomaly === 'lost' ? insert(row) : anomaly === 'stale' ? update(row, trial.next()) : remove(row);
      const expected = [{ anomaly, hop, table: row.table, key: row.key }];
      const plantings = [...trial.bench.pipeline.variants.keys()].filter(hasRows).map((variant) => ({
        variant,
        anomaly,
        hop,
        expected,
      }));
      return { row, anomaly, transaction: { statements: [change], reads: [] }, plantings };
    }),
  );
}

/** Has the connector leave tables out from here on. */
async function captureWithout({ bench, connectorConfig }: Trial, names: readonly string[]): Promise<void> {
  const { pipeline, stack } = bench;
  const connect = connectClient(stack.workers.source);
  await pipeline.capture.stop();
  await connect.put(pipeline.capture.name, connectorConfig(names));
  await pipeline.capture.resume();
}

/** Deletes all records of a table's topic. */
async function cutLog({ bench }: Trial, name: string): Promise<void> {
  const topic = topicOf(bench, name);
  const admin = kafkaClient(bench.stack.brokers).admin();
  await admin.connect();
  try {
    const { ends } = await logBounds(admin, [topic]);
    const partitions = [...ends].map(([partition, offset]) => ({
      partition: Number(partition.slice(partition.lastIndexOf('/') + 1)),
      offset: String(offset),
    }));
    await admin.deleteTopicRecords({ topic, partitions });
  } finally {
    await admin.disconnect();
  }
}

async function mendDark(trial: Trial, changes: readonly DarkChange[]): Promise<void> {
  for (const { row, anomaly } of changes)
    if (anomaly === 'orphan')
      for (const { name, sink } of trial.bench.pipeline.variants.values())
        if (hasRows(name)) await changeAtOnce(sink, [remove(row)]);
  const transactions = changes.flatMap(({ row, anomaly }): Transaction[] => {
    if (anomaly === 'orphan') return [];
    return [{ statements: [anomaly === 'lost' ? remove(row) : update(row, trial.next())], reads: [] }];
  });
  await written(trial, transactions);
  // A delete that was not captured is made good by one that is.
  const deleted = changes.filter(({ anomaly }) => anomaly === 'orphan').map(({ row }) => row);
  await written(
    trial,
    deleted.map((row) => ({ statements: [insert(row)], reads: [] })),
  );
  await written(
    trial,
    deleted.map((row) => ({ statements: [remove(row)], reads: [] })),
  );
  const healedAt = Date.now();
  for (const { plantings } of changes) for (const one of plantings) one.healedAt = healedAt;
  await trial.checks(2);
}

export function topicOf({ pipeline }: Bench, name: string): string {
  const topic = pipeline.routes.find(({ table }) => table === pipeline.tableId(name))?.topic;
  if (topic === undefined) throw new Error(`no topic for ${name}`);
  return topic;
}
