import { afterAll, beforeAll, expect, test } from 'vitest';
import { kafkaClient } from '#clients/kafka.ts';
import { type RegistryClient, registryClient } from '#clients/registry.ts';
import { createDatabase } from '#engines/postgres/admin.ts';
import { builtin, debeziumJdbc } from '#lab.ts';
import type { Stack } from '#model/stack.ts';
import { type OpenedPipeline, openPipeline } from '#pipelines/open-pipeline.ts';
import { runtimeOf } from '#runtimes/index.ts';
import { until } from '#std/wait.ts';
import { memoryLedger } from '#testing/plant-log.ts';
import { openLogView } from '#verify/observe/log-view.ts';
import { openVerifier } from '#verify/verifier.ts';

const LIMIT_MS = 60_000;
const ending = new AbortController();
const parts = new AsyncDisposableStack();
let stack: Stack;
let registry: RegistryClient;
let pipeline: OpenedPipeline;

beforeAll(async () => {
  stack = parts.use(await runtimeOf().start({ format: 'avro' }));
  registry = registryClient(stack.registry?.url ?? '');
  const template = await createDatabase(stack.source, 'template');
  await template.query(`CREATE TABLE t (id bigint PRIMARY KEY, price numeric(10,2), name text);
    INSERT INTO t VALUES (9007199254740993, 1.50, 'first'), (1, NULL, NULL)`);
  await template.close();
  pipeline = await openPipeline({
    ...{ stack, name: 'p', template: 'template', signal: ending.signal },
    variants: { builtin: builtin({ title: 'builtin', mode: 'upsert' }), jdbc: debeziumJdbc('jdbc') },
  });
  parts.use(pipeline);
}, 240_000);

afterAll(() => parts.disposeAsync());

const through = (records: number) =>
  until(
    async () => {
      if (pipeline.log.records < records) return false;
      const ends = await pipeline.log.endOffsets();
      const applied = await Promise.all([...pipeline.variants.values()].map((variant) => variant.applied()));
      return applied.every((at) => [...ends].every(([partition, end]) => (at.get(partition) ?? 0n) >= end));
    },
    { what: `${records} records to be applied`, limitMs: LIMIT_MS },
  );

const recordsInLog = async () => [...(await pipeline.log.endOffsets()).values()].reduce((sum, end) => sum + end, 0n);

const verdicts = async () =>
  (await openVerifier({ pipeline, ledger: memoryLedger() }).finalCheck(new Map())).map(({ verdict, reason }) => [
    verdict,
    reason,
  ]);

test('records are in Avro, and applier, sink connector and verifier read them with the registry', async () => {
  await through(2);
  expect(await verdicts()).toEqual([
    ['PASS', undefined],
    ['PASS', undefined],
  ]);
  expect(await registry.subjects()).toEqual(expect.arrayContaining(['p.public.t-key', 'p.public.t-value']));
});

test('a registry that was killed has its schemas again, and what came meanwhile is read then', async () => {
  const before = await registry.subjects();
  const node = stack.nodes.get('registry');
  await node?.kill();
  await expect(registry.subjects()).rejects.toMatchObject({ code: 'registry-away' });
  await pipeline.source.query(`UPDATE t SET name = 'second' WHERE id = 1`);
  await node?.start();
  expect(await registry.subjects()).toEqual(before);
  await through(3);
  expect(await verdicts()).toEqual([
    ['PASS', undefined],
    ['PASS', undefined],
  ]);
});

test('a schema that does not fit the subject is refused as the compatibility mode says', async () => {
  const record = (...fields: readonly object[]) => JSON.stringify({ type: 'record', name: 'r', fields });
  const id = { name: 'id', type: 'long' };
  const first = await registry.register('s-value', { type: 'AVRO', text: record(id) });
  expect(await registry.register('s-value', { type: 'AVRO', text: record(id) })).toBe(first);
  await registry.setCompatibility('s-value', 'BACKWARD');
  expect([await registry.compatibility('s-value'), await registry.compatibility('others')]).toEqual([
    'BACKWARD',
    'NONE',
  ]);
  const required = { type: 'AVRO', text: record(id, { name: 'name', type: 'string' }) };
  await expect(registry.register('s-value', required)).rejects.toMatchObject({ code: 'registry-incompatible' });
  await registry.register('s-value', { type: 'AVRO', text: record(id, { name: 'n', type: 'int', default: 0 }) });
  await registry.setCompatibility('s-value', 'NONE');
  expect(await registry.register('s-value', required)).not.toBe(first);
  await expect(registry.register('s-value', { type: 'AVRO', text: '{' })).rejects.toMatchObject({
    code: 'registry-invalid',
  });
});

test('what cannot be read because the registry is away is behind, and nothing is said to be lost', async () => {
  const node = stack.nodes.get('registry');
  const before = await recordsInLog();
  const consumers = [...pipeline.variants.values()];
  const goOn = pipeline.log.pause();
  for (const consumer of consumers) await consumer.pause();
  // A schema that nobody has asked for yet.
  await pipeline.source.query(`ALTER TABLE t ADD COLUMN more text; UPDATE t SET more = 'm' WHERE id = 1`);
  await until(async () => (await recordsInLog()) > before, { what: 'the record to be written', limitMs: LIMIT_MS });
  await node?.kill();
  goOn();
  await pipeline.variants.get('builtin')?.resume();
  await until(() => pipeline.log.trouble !== undefined, { what: 'the verifier to need it', limitMs: LIMIT_MS });
  const away = /the schema registry at http:\S+ does not answer since .*ECONNREFUSED/;
  const verifier = openVerifier({ pipeline, ledger: memoryLedger() });
  for (const { verdict, reason, counts } of await verifier.continuousCheck())
    expect([verdict, reason, counts]).toEqual(['SYNC_IN_PROGRESS', expect.stringMatching(away), {}]);
  for (const [verdict, reason] of await verdicts())
    expect([verdict, reason]).toEqual(['UNKNOWN', expect.stringMatching(away)]);
  expect(await pipeline.variants.get('builtin')?.status()).toMatchObject({
    ...{ state: 'running', error: expect.stringMatching(away) },
  });
  await node?.start();
  await pipeline.variants.get('jdbc')?.resume();
  await through(4);
  expect(await verdicts()).toEqual([
    ['PASS', undefined],
    ['PASS', undefined],
  ]);
});

test('numbers that an emptied registry gives to others mislead nobody who knew them, and who comes anew is told', async () => {
  const node = stack.nodes.get('registry');
  await node?.stop();
  await stack.registry?.forget?.();
  await node?.start();
  expect(await registry.subjects()).toEqual([]);
  for (let number = 1; number <= 12; number++) {
    const fields = [{ name: `f${number}`, type: 'string' }];
    await registry.register(`other-${number}`, {
      type: 'AVRO',
      text: JSON.stringify({ type: 'record', name: 'o', fields }),
    });
  }
  await pipeline.source.query(`UPDATE t SET name = 'third' WHERE id = 1`);
  await through(5);
  expect(await verdicts()).toEqual([
    ['PASS', undefined],
    ['PASS', undefined],
  ]);
  const { brokers } = stack;
  await using fresh = await openLogView({ brokers, routes: pipeline.routes, source: pipeline.source, registry });
  expect(await fresh.awaitCaughtUp(await fresh.endOffsets(), LIMIT_MS)).toBe(true);
  expect(fresh.undecoded.of('public.t', 'x')?.count).toBeGreaterThanOrEqual(4);
});

test('bytes that no schema fits leave the rows that they may hold UNKNOWN', async () => {
  const producer = kafkaClient(stack.brokers).producer();
  await producer.connect();
  const topic = 'p.public.t';
  await pipeline.variants.get('jdbc')?.pause();
  await pipeline.variants.get('builtin')?.pause();
  const value = Buffer.from([0, 0, 0, 0x7f, 0x7f, 1]);
  await producer.send({ topic, messages: [{ key: Buffer.from([0, 0, 0]), value }] });
  await producer.disconnect();
  await until(() => pipeline.log.undecoded.of('public.t', 'x') !== undefined, {
    what: 'the record to be seen',
    limitMs: LIMIT_MS,
  });
  expect(pipeline.log.undecoded.of('public.t', 'x')).toMatchObject({
    count: 1,
    first: { why: 'its schema 32639 is not in the registry' },
  });
});
