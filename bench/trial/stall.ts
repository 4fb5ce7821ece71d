import { kafkaClient } from '#clients/kafka.ts';
import type { Planting } from './jury.ts';
import { hasRows } from './notes.ts';
import { committed, finalCheck, freshRow, reported, standStill, type Trial, topicOf } from './rounds.ts';
import { NOTES, note, update } from './workload.ts';

/** At the very end: a connector that stands still, and then a record that no consumer can read. */
export async function stallRound(trial: Trial): Promise<void> {
  const { jury } = trial;
  const { pipeline } = trial.bench;
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
      ...Array.from({ length: 5 }, () => ({ statements: [noteOf(trial)], reads: [] })),
    ],
    false,
  );
  await finalCheck(trial, await standStill(trial));
  await pipeline.capture.resume();
  const stuck = await standStill(trial);
  for (const one of uncaptured) one.healedAt = Date.now();
  await finalCheck(trial, stuck);

  const poisoned = stalls('log-to-sink', hasRows);
  await poison(trial, 'pairs');
  await reported(trial, poisoned);
  // Behind it everything is in flight, rows without a key and those whose records have another one included.
  const behind = Array.from({ length: 5 }, () => [update(freshRow(trial, 'coded'), trial.next()), noteOf(trial)]);
  await committed(
    trial,
    behind.map((statements) => ({ statements, reads: [] })),
  );
  await finalCheck(trial, await standStill(trial));
}

/** A note that nobody has written yet. */
function noteOf(trial: Trial): ReturnType<typeof note> {
  return note(trial.bench.pipeline.tableId(NOTES), NOTES, 1_000_000 + trial.next());
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
