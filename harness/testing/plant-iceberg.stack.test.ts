import { afterAll, beforeAll, expect, test } from 'vitest';
import { reached } from '#engine/drain.ts';
import { engineOf } from '#engines/index.ts';
import { iceberg } from '#lab.ts';
import type { Anomaly } from '#model/finding.ts';
import type { VariantVerdict } from '#model/observation.ts';
import type { ObjectsSink, Variant } from '#model/pipeline.ts';
import type { Stack } from '#model/stack.ts';
import type { Row } from '#model/values.ts';
import { type OpenedPipeline, openPipeline } from '#pipelines/open-pipeline.ts';
import { OperatorError } from '#std/errors.ts';
import { until } from '#std/wait.ts';
import { openVerifier } from '#verify/verifier.ts';
import { memoryLedger } from './plant-log.ts';
import { startTestStack } from './stack.ts';

const PEOPLE = 'public.people';
const LIMIT_MS = 120_000;

const SCHEMA = `
  CREATE TABLE people (
    id bigint PRIMARY KEY, name text, balance numeric(12,2), free numeric, active boolean, seen timestamptz, local timestamp(3), day date,
    clock time, note jsonb, raw bytea, u uuid, f real, d double precision, tags text[], small smallint, span interval,
    gift boolean DEFAULT false
  );
  INSERT INTO people
  SELECT n, 'ü ' || n, n * 1.5, n / 7.0, n % 2 = 0, '2024-01-01T00:00:00.123Z'::timestamptz + n * interval '1 day',
    '2024-07-01 00:30:00.123', '1969-12-31', '23:59:59.999999', jsonb_build_object('n', n), '\\x00ff', gen_random_uuid(), 0.1,
    1e300, ARRAY['a', NULL], n, '1 day 2 hours', true
  FROM generate_series(1, 20) AS n;
  INSERT INTO people (id, balance, gift) VALUES (21, 9999999999.99, NULL);
`;

let stack: Stack;
let pipeline: OpenedPipeline;
let written: Variant & { readonly objects: ObjectsSink };
const ending = new AbortController();

beforeAll(async () => {
  stack = await startTestStack({}, { objects: true, iceberg: true });
  const template = await engineOf(stack.source).server.create(stack.source, 'people');
  await template.query(SCHEMA);
  await template.close();
  pipeline = await openPipeline({
    ...{ stack, name: 'p', template: 'people', signal: ending.signal },
    variants: { iceberg: iceberg({ title: 'iceberg' }) },
  });
  await until(() => pipeline.log.snapshotReads >= 21, { what: 'the snapshot', limitMs: LIMIT_MS });
  // Three versions of one row, a column that comes later, and last a row whose record nothing follows.
  await pipeline.source.query(`UPDATE people SET name = 'newer' WHERE id = 1`);
  await pipeline.source.query(`UPDATE people SET balance = 7 WHERE id = 1`);
  await pipeline.source.query(`DELETE FROM people WHERE id = 2`);
  await pipeline.source.query('ALTER TABLE people ADD COLUMN later timestamptz');
  await pipeline.source.query(`UPDATE people SET later = '2025-02-03T04:05:06.789Z' WHERE id > 2`);
  await until(() => pipeline.log.records >= 21 + 3 + 19, { what: 'the stream', limitMs: LIMIT_MS });
  written = needed(pipeline.variants.get('iceberg'));
  const ends = await pipeline.log.endOffsets();
  await until(
    async () => {
      const { state, error = '' } = await written.status();
      if (state === 'failed') throw new OperatorError({ code: 'failed', message: error });
      return reached(await written.applied(), ends);
    },
    { what: 'the sink to be through', limitMs: LIMIT_MS },
  );
}, 300_000);

afterAll(async () => {
  await pipeline?.[Symbol.asyncDispose]();
  await stack?.[Symbol.asyncDispose]();
});

function needed(variant: Variant | undefined): typeof written {
  const { objects } = variant ?? {};
  if (variant === undefined || objects === undefined) throw new Error('no variant with objects');
  return { ...variant, objects };
}

const WITHOUT_GIFT = iceberg({ title: 'iceberg', except: { [PEOPLE]: ['gift'] } });

/** The verdict on what is read of the tables, with some of the sink's ways of reading changed. */
async function verdictOn(changed: Partial<ObjectsSink> = {}, spec = WITHOUT_GIFT): Promise<VariantVerdict> {
  const variant = { ...written, spec, objects: { ...written.objects, ...changed } };
  const [verdict] = await openVerifier({
    pipeline: { ...pipeline, variants: new Map([['iceberg', variant]]) },
    ledger: memoryLedger(),
  }).finalCheck(new Map());
  if (verdict === undefined) throw new Error('no verdict');
  return verdict;
}

/** With each file's rows as a function leaves them. */
function edited(change: (row: Row, file: readonly Row[]) => readonly Row[]): Promise<VariantVerdict> {
  return verdictOn({
    async rows(key, body) {
      const file = (await written.objects.rows?.(key, body)) ?? [];
      return file.flatMap((row) => change(row, file));
    },
  });
}

const found = ({ findings }: VariantVerdict) =>
  findings.map(({ anomaly, key, differs = [] }) => [anomaly, key, ...differs.map(({ column }) => column)]);
const one = (anomaly: Anomaly, id: number, ...columns: string[]) => [[anomaly, `["${id}"]`, ...columns]];

test('the tables hold every version of every row, exactly, and those that the sink has widened do, too', async () => {
  const verdict = await verdictOn();
  expect(found(verdict)).toEqual([]);
  expect(verdict).toMatchObject({ verdict: 'PASS', inFlight: 0 });
  expect(verdict.tables.map(({ table, sourceRows, sinkRows }) => [table, sourceRows, sinkRows])).toEqual([
    [PEOPLE, 20, 20],
  ]);
});

test('a NULL in a column with a default is that default in the tables, and found to be corrupt', async () => {
  const verdict = await verdictOn({}, iceberg({ title: 'iceberg' }));
  expect(found(verdict)).toEqual(one('corrupt', 21, 'gift'));
});

test('a row without any change is lost, one without its last stale, one without its delete an orphan', async () => {
  expect(found(await edited((row) => (row.id === '5' ? [] : [row])))).toEqual(one('lost', 5));
  const stale = await edited((row) => (row.id === '1' && row.balance === '7.00' ? [] : [row]));
  expect(found(stale)).toEqual(one('stale', 1, 'balance'));
  expect(found(await edited((row) => (row._cdc_op === 'd' ? [] : [row])))).toEqual(one('orphan', 2));
});

test('a value that no version had is corrupt', async () => {
  const verdict = await edited((row) => [row.id === '9' ? { ...row, name: 'ü ?' } : row]);
  expect(found(verdict)).toEqual(one('corrupt', 9, 'name'));
});

test('a file that two snapshots have added has its changes twice', async () => {
  const verdict = await verdictOn({
    async *list() {
      const all = [];
      for await (const file of written.objects.list()) all.push(file);
      yield* all;
      const [first] = all;
      if (first !== undefined) yield first;
    },
  });
  expect(verdict.verdict).toBe('FAIL');
  expect(Object.keys(verdict.counts)).toEqual(['duplicate']);
});

test('files whose commits have changed places are reordered', async () => {
  const verdict = await verdictOn({
    async *list() {
      const all = [];
      for await (const file of written.objects.list()) all.push(file);
      yield* all.reverse();
    },
  });
  expect(verdict.verdict).toBe('FAIL');
  expect(Object.keys(verdict.counts)).toEqual(['reordered']);
});

test('a file that is in the store and in no snapshot counts for nothing', async () => {
  const [file] = await Array.fromAsync(written.objects.list());
  const verdict = await verdictOn({
    async *list() {
      for await (const one of written.objects.list()) if (one.key !== file?.key) yield one;
    },
  });
  expect(Object.keys(verdict.counts)).toContain('lost');
});
