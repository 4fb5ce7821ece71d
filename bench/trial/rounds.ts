import { setTimeout as delay } from 'node:timers/promises';
import { kafkaClient, logBounds } from '#clients/kafka.ts';
import type { Bench } from '#engine/bench.ts';
import { drain, reached } from '#engine/drain.ts';
import { leftOut } from '#engine/marker.ts';
import type { Variant } from '#model/pipeline.ts';
import { KEYLESS } from '#model/values.ts';
import type { Transaction } from '#model/workload.ts';
import type { Random } from '#std/random.ts';
import type { Jury, Planting } from './jury.ts';
import { hasNotes, hasRows, lostNote, mendNotes, noteKey, notePlants } from './notes.ts';
import { type Field, KINDS, type Plant } from './plants.ts';
import {
  COLUMN_TABLES,
  DIM_NOTES,
  insert,
  NOTES,
  note,
  remove,
  rowOf,
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
  /** Numbers for rows and changes, each given once. */
  next(): number;
  /** Resolves once so many continuous checks that began from now on have ended. */
  checks(count: number): Promise<void>;
}

const LIMIT_MS = 120_000;
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
    ...variants.filter(({ name }) => hasRows(name)).flatMap((variant) => plantsOf(trial, variant)),
    ...(await Promise.all(notes.map((variant) => notePlants(fieldOf(trial, variant))))).flat(),
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
  if (!writing) await standStill(trial);
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
  if (!writing) await finalCheck(trial);
  await mend(trial, plants);
}

function plantsOf(trial: Trial, variant: Variant): Plant[] {
  const field = fieldOf(trial, variant);
  return KINDS.filter(({ where }) => where?.(variant.name) ?? true).flatMap(({ make, count }) =>
    Array.from({ length: count }, () => make(field)),
  );
}

function fieldOf(trial: Trial, variant: Variant): Field {
  const tables = Array.from({ length: COLUMN_TABLES }, (_, number) => number);
  return {
    variant: variant.name,
    sink: variant.sink,
    luck: trial.luck.fork(`${variant.name} ${trial.next()}`),
    fresh: (keyless = false) =>
      freshRow(trial, trial.luck.chance(0.5) ? 'calm' : keyless || trial.luck.chance(0.5) ? 'pairs' : 'coded'),
    note: () => taken(trial, 'notes'),
    unused: () => rowOf('calm', 1_000_000 + trial.next()),
    stamp: () => trial.next(),
    columnTable: () => tables.pop() ?? 0,
  };
}

function taken({ quiet }: Trial, name: keyof Trial['quiet']): number {
  const id = quiet[name].pop();
  if (id === undefined) throw new Error(`the rows of ${name} are used up`);
  return id;
}

function freshRow(trial: Trial, name: 'calm' | 'pairs' | 'coded'): TrialRow {
  return rowOf(name, taken(trial, name));
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
  const behind = new Set(pipeline.variants.keys());
  await waits.until(
    'every sink to have what the log has',
    async () => {
      for (const { name, applied, status } of pipeline.variants.values()) {
        if (!behind.has(name)) continue;
        const { error } = await status();
        if (error !== undefined) throw new Error(`${name} has failed: ${error}`);
        if (reached(await applied(), ends)) behind.delete(name);
      }
      return behind.size === 0;
    },
    { limitMs: LIMIT_MS, saw: () => [...behind].join(', ') },
  );
}

/** Submits transactions and waits until the source has them and, where they are captured, the log too. */
async function committed(trial: Trial, transactions: readonly Transaction[], captured = true): Promise<void> {
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

async function standStill({ bench }: Trial): Promise<void> {
  const { pipeline, ledger, waits } = bench;
  await bench.writers.pause();
  // What was planted as not captured of a table without a key stays so.
  await drain({ pipeline, ledger, waits, limitMs: LIMIT_MS, hopeless: leftOut(pipeline, ledger) });
}

async function finalCheck({ bench, jury }: Trial, stuck: Parameters<Bench['verifier']['finalCheck']>[0] = new Map()) {
  const startedAt = Date.now();
  jury.take({ kind: 'final', startedAt, variants: await bench.verifier.finalCheck(stuck) });
}

/** Waits until all is reported, or as many checks have passed as should have found it. */
async function reported(trial: Trial, plantings: readonly Planting[]): Promise<void> {
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
 * Changes that the connector does not capture, for their table is out of the publication; and changes that leave the log
 * before any consumer has read them. Both concern every sink.
 */
export async function darkRound(trial: Trial): Promise<void> {
  const { bench, jury } = trial;
  const { pipeline } = bench;
  bench.writers.resume();
  const uncaptured = darkChanges(trial, 'unheard', 'source-to-log');
  const expired = darkChanges(trial, 'shortlived', 'log');
  const plantings = [...uncaptured, ...expired].flatMap(({ plantings }) => plantings);

  const publication = await publicationOf(trial);
  await pipeline.source.query(`ALTER PUBLICATION ${publication} DROP TABLE unheard, ${DIM_NOTES}`);
  const dim = Array.from({ length: DARK_EACH }, () => 1_000_000 + trial.next());
  await committed(
    trial,
    [
      ...uncaptured.map(({ transaction }) => transaction),
      ...dim.map((n): Transaction => ({ statements: [note(DIM_NOTES, n)], reads: [] })),
    ],
    false,
  );
  await pipeline.source.query(`ALTER PUBLICATION ${publication} ADD TABLE unheard, ${DIM_NOTES}`);
  const dimKeys = await Promise.all(dim.map((n) => noteKey(pipeline.source, DIM_NOTES, n)));
  plantings.push(...dimKeys.flatMap((key) => lostNote(trial, key)));
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
  await standStill(trial);
  await trial.checks(2);
  await finalCheck(trial);
  await mendNotes(trial, dim);
  const healed = plantings.filter(({ expected }) => expected.some(({ table }) => table === `public.${DIM_NOTES}`));
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
      const row = rowOf(name, anomaly === 'lost' ? 1_000_000 + trial.next() : (trial.quiet.dark.pop() ?? 0));
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

async function publicationOf({ bench }: Trial): Promise<string> {
  const [found] = await bench.pipeline.source.query<{ pubname: string }>('SELECT pubname FROM pg_publication');
  return found?.pubname ?? '';
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
        if (hasRows(name)) await sink.query(`DELETE FROM ${row.name} WHERE ${row.where}`);
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

/** At the very end: a connector that stands still, and then a record that no consumer can read. */
export async function stallRound(trial: Trial): Promise<void> {
  const { bench, jury } = trial;
  const { pipeline } = bench;
  const stalls = (hop: 'source-to-log' | 'log-to-sink', who = (_: string) => true): readonly Planting[] => {
    const planted = [...pipeline.variants.keys()].filter(who).map((variant): Planting => {
      return { variant, anomaly: 'stalled', hop, expected: [{ anomaly: 'stalled', hop }], plantedAt: Date.now() };
    });
    for (const one of planted) jury.expect(one);
    return planted;
  };
  await standStill(trial);
  const uncaptured = stalls('source-to-log');
  await pipeline.capture.stop();
  const changes = (['calm', 'calm', 'coded', 'coded', 'pairs'] as const).map((name) => freshRow(trial, name));
  await committed(
    trial,
    [
      ...changes.map((row) => ({ statements: [update(row, trial.next())], reads: [] })),
      ...Array.from({ length: 5 }, () => ({ statements: [note(NOTES, 1_000_000 + trial.next())], reads: [] })),
    ],
    false,
  );
  await bench.writers.pause();
  const { stuck } = await drain({ pipeline, ledger: bench.ledger, waits: bench.waits, limitMs: LIMIT_MS });
  await finalCheck(trial, stuck);
  await pipeline.capture.resume();
  await standStill(trial);
  for (const one of uncaptured) one.healedAt = Date.now();
  await finalCheck(trial);

  const poisoned = stalls('log-to-sink', hasRows);
  await poison(trial, 'pairs');
  await reported(trial, poisoned);
  // Behind it everything is in flight, rows without a key and those whose records have another one included.
  const behind = Array.from({ length: 5 }, () => [
    update(freshRow(trial, 'coded'), trial.next()),
    note(NOTES, 1_000_000 + trial.next()),
  ]);
  await committed(
    trial,
    behind.map((statements) => ({ statements, reads: [] })),
  );
  await bench.writers.pause();
  await finalCheck(trial);
}

/** Sends a record that is no event. */
async function poison({ bench }: Trial, name: string): Promise<void> {
  const producer = kafkaClient(bench.stack.brokers).producer();
  await producer.connect();
  try {
    await producer.send({ topic: topicOf(bench, name), messages: [{ key: null, value: 'no event' }] });
  } finally {
    await producer.disconnect();
  }
}

function topicOf({ pipeline }: Bench, name: string): string {
  const topic = pipeline.routes.find(({ table }) => table === `public.${name}`)?.topic;
  if (topic === undefined) throw new Error(`no topic for ${name}`);
  return topic;
}
