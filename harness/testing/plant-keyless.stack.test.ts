import { afterAll, beforeAll, expect, test } from 'vitest';
import type { VariantVerdict } from '#model/observation.ts';
import type { DatabaseServer } from '#model/stack.ts';
import type { Row } from '#model/values.ts';
import { finalCheck } from '#verify/observe/final.ts';
import { openWorld, type World } from './plant-fixture.ts';
import { startTestPostgres } from './postgres.ts';

const SCHEMA = `
  CREATE TABLE log (at timestamptz, msg text);
  INSERT INTO log SELECT '2024-01-01Z'::timestamptz + n * interval '1 hour', 'm' || n FROM generate_series(1, 5) n`;
const LOG = 'public.log';
const PARTITION = 'public.log/0';

let postgres: { readonly server: DatabaseServer } & AsyncDisposable;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres?.[Symbol.asyncDispose]());

async function check(world: World, reason?: string): Promise<VariantVerdict | undefined> {
  const stalled = reason === undefined ? {} : { stalled: new Map([['sink', { hop: 'log-to-sink', reason } as const]]) };
  return (await finalCheck({ ...world.subject, ...stalled }))[0];
}

const said = (verdict: VariantVerdict | undefined) =>
  verdict?.findings.map(({ anomaly, hop, key }) => [anomaly, hop, key]);

const AT = '2025-01-01 00:00:00+00';
const row = (msg: string): Row => ({ at: AT, msg });
const key = (msg: string) => JSON.stringify([AT, msg]);
const insert = (msg: string) => `INSERT INTO log (at, msg) VALUES ('${AT}', '${msg}')`;

/** The log gets an event of a change; the consumer passes it where that is not left out. */
function logged(
  world: World,
  event: { op: 'create' | 'update'; lsn: bigint; before?: Row; after: Row },
  passed = true,
) {
  const columns = [{ name: 'at' }, { name: 'msg' }];
  world.log.append({ table: LOG, txn: String(event.lsn), key: {}, columns, ...event });
  if (passed) world.variant.appliedTo.set(PARTITION, world.log.end(LOG));
}

test('rows that no key names are lost before the log, behind it, or on their way', async () => {
  // The sink notes what is written by key, and has no such table.
  await using world = await openWorld(postgres.server, { schema: SCHEMA, effects: true });
  const variant = { ...world.variant, effects: async () => Promise.reject(new Error('nothing is noted')) };
  const subject = {
    ...world.subject,
    pipeline: { ...world.subject.pipeline, variants: new Map([['sink', variant]]) },
  };
  for (const msg of ['uncaptured', 'skipped', 'late']) await world.source.query(insert(msg));
  logged(world, { op: 'create', lsn: 5000n, after: row('skipped') });
  logged(world, { op: 'create', lsn: 5010n, after: row('late') }, false);
  const verdict = await check({ ...world, subject });
  expect(said(verdict)?.sort()).toEqual([
    ['lost', 'log-to-sink', key('skipped')],
    ['lost', 'source-to-log', key('uncaptured')],
  ]);
  expect(verdict?.inFlight).toBe(1);
});

test('an old version that the sink has kept is an orphan once the consumer is past its update, and in flight before', async () => {
  await using world = await openWorld(postgres.server, { schema: SCHEMA });
  await world.source.query(insert('new'));
  for (const msg of ['old', 'new']) await world.sink.query(insert(msg));
  logged(world, { op: 'create', lsn: 5000n, after: row('old') });
  logged(world, { op: 'update', lsn: 5010n, before: row('old'), after: row('new') }, false);
  expect(await check(world, 'it waits')).toMatchObject({ counts: { stalled: 1 }, inFlight: 1 });
  world.variant.appliedTo.set(PARTITION, world.log.end(LOG));
  const verdict = await check(world);
  expect(said(verdict)).toEqual([['orphan', 'log-to-sink', key('old')]]);
  expect(verdict?.findings[0]?.detail).toContain('changed at the source, but the sink still has the old row');
});

test('rows that a record may hold which nobody could read are UNKNOWN; behind it they are in flight', async () => {
  await using world = await openWorld(postgres.server, { schema: SCHEMA });
  await world.source.query(insert('hidden'));
  world.log.undecoded.add(LOG, { partition: PARTITION, offset: 4n, why: 'no schema' });
  expect(await check(world)).toMatchObject({
    verdict: 'UNKNOWN',
    counts: {},
    reason: expect.stringContaining(`the record in ${PARTITION} at offset 4, which may hold its change`),
  });
  world.variant.appliedTo.set(PARTITION, 4n);
  expect(await check(world, 'it waits')).toMatchObject({ counts: { stalled: 1 }, inFlight: 1 });
});
