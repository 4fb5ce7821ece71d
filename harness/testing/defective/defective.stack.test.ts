import { afterAll, beforeAll, expect, test } from 'vitest';
import { reached } from '#engine/drain.ts';
import { createDatabase } from '#engines/postgres/admin.ts';
import { createSinkTable } from '#engines/postgres/ddl.ts';
import { effectsOf, noteEffects } from '#engines/postgres/effects.ts';
import type { Table } from '#model/catalog.ts';
import type { Anomaly } from '#model/finding.ts';
import type { VariantVerdict } from '#model/observation.ts';
import type { Variant } from '#model/pipeline.ts';
import type { Stack } from '#model/stack.ts';
import { type OpenedPipeline, openPipeline } from '#pipelines/open-pipeline.ts';
import { until } from '#std/wait.ts';
import { memoryLedger } from '#testing/plant-log.ts';
import { startTestStack } from '#testing/stack.ts';
import { finalCheck } from '#verify/observe/final.ts';
import { createMemory } from '#verify/observe/memory.ts';
import { appliesTwiceAfterRebalance } from './applies-twice-after-rebalance.ts';
import { commitsBeforeAndDies } from './commits-before-and-dies.ts';
import { dropsDeletes } from './drops-deletes.ts';
import { dropsEveryThirdUpdate } from './drops-every-third-update.ts';
import { ignoresNewColumns } from './ignores-new-columns.ts';
import { keepsPlaceholder } from './keeps-placeholder.ts';
import { lowersCase } from './lowers-case.ts';
import { type Defect, type PlainApplier, startPlainApplier } from './plain-applier.ts';
import { reversesBatches } from './reverses-batches.ts';
import { roundsNumerics } from './rounds-numerics.ts';
import { skipsErrors } from './skips-errors.ts';
import { swapsColumns } from './swaps-columns.ts';
import { truncatesMicroseconds } from './truncates-microseconds.ts';

const PEOPLE = 40;
const SCHEMA = `
  CREATE TABLE people (id bigint PRIMARY KEY, name text, email text, credit numeric(12,4), seen timestamptz, note text);
  ALTER TABLE people ALTER COLUMN note SET STORAGE EXTERNAL;
  CREATE TABLE lines (order_id bigint, line int, product text, quantity int, PRIMARY KEY (order_id, line));
  INSERT INTO people SELECT n, 'Name ' || n, n || '@example.org', n + 0.1234,
    '2024-01-01T00:00:00.123456Z'::timestamptz + n * interval '1 hour', repeat(md5(n::text), 100)
    FROM generate_series(1, ${PEOPLE}) AS n;
  INSERT INTO lines SELECT n, line, 'product ' || line, line FROM generate_series(1, ${PEOPLE}) AS n, generate_series(1, 2) AS line`;

/** What the source's writers do: each text is a transaction. */
const HISTORY: readonly string[] = [
  ...numbers(1, 20).map((id) => `UPDATE people SET credit = credit + 1.0001 WHERE id = ${id}`),
  ...numbers(41, 60).map(
    (
      id,
    ) => `INSERT INTO people VALUES (${id}, 'New ${id}', '${id}@example.org', ${id}.5678, '2025-01-01T00:00:00.654321Z', NULL);
      INSERT INTO lines VALUES (${id}, 1, 'first', 1), (${id}, 2, 'second', ${id % 5 === 0 ? 99 : 2})`,
  ),
  ...numbers(21, 26).map((id) => `DELETE FROM people WHERE id = ${id}`),
  `ALTER TABLE people ADD COLUMN tier text DEFAULT 'standard'`,
  ...numbers(30, 35).map((id) => `UPDATE people SET tier = 'gold' WHERE id = ${id}`),
  ...numbers(1, 20).map((id) => `UPDATE people SET credit = credit + 1, name = 'Changed ${id}' WHERE id = ${id}`),
  // Changes of one row that stand side by side in the log come in one batch.
  ...numbers(1, 20).flatMap((id) => [1, 2].map((n) => `UPDATE people SET credit = credit + ${n} WHERE id = ${id}`)),
];

function numbers(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

interface Case {
  readonly defect: Defect;
  /** Each of these classes must be found; `may` follows from them. */
  readonly must: readonly Anomaly[];
  readonly may?: readonly Anomaly[];
  /** All that corrupt and stale rows may differ in. */
  readonly columns?: readonly string[];
  readonly sinkSql?: string;
}

/** A row of a transaction that is not there leaves its transaction in part. */
const CASES: Readonly<Record<string, Case>> = {
  'does nothing wrong': { defect: {}, must: [] },
  'drops every third update': {
    defect: dropsEveryThirdUpdate(),
    must: ['stale'],
    columns: ['credit', 'name', 'tier'],
  },
  'drops deletes': { defect: dropsDeletes(), must: ['orphan'] },
  'applies batches in reverse': {
    defect: reversesBatches(),
    must: ['reordered'],
    // A read of the snapshot is no change, so a row that went back to it is stale; a delete that came first deleted nothing.
    may: ['stale', 'orphan'],
  },
  'commits before it applies, and dies': {
    defect: commitsBeforeAndDies(),
    must: ['lost', 'partial-transaction'],
    // An update of a row that was never created makes one, in part.
    may: ['stale', 'orphan', 'corrupt'],
  },
  'swaps two columns': { defect: swapsColumns('name', 'email'), must: ['corrupt'], columns: ['name', 'email'] },
  'truncates microseconds': { defect: truncatesMicroseconds('seen'), must: ['corrupt'], columns: ['seen'] },
  'rounds numerics': { defect: roundsNumerics('credit'), must: ['corrupt'], columns: ['credit'] },
  'lower-cases a text': { defect: lowersCase('name'), must: ['corrupt'], columns: ['name'] },
  'keeps the placeholder of unchanged values': { defect: keepsPlaceholder(), must: ['corrupt'], columns: ['note'] },
  'ignores new columns': { defect: ignoresNewColumns(), must: ['missing-column'] },
  'applies twice after a rebalance': { defect: appliesTwiceAfterRebalance(), must: ['duplicate'] },
  'skips what the sink refuses': {
    defect: skipsErrors(),
    must: ['lost', 'partial-transaction'],
    sinkSql: 'ALTER TABLE lines ADD CHECK (quantity < 90)',
  },
};

const nameOf = (index: number) => `defect-${index}`;
let stack: Stack;
let pipeline: OpenedPipeline;
const appliers: PlainApplier[] = [];
let verdicts: readonly VariantVerdict[] = [];
const ends = new AbortController();

beforeAll(async () => {
  stack = await startTestStack();
  const template = await createDatabase(stack.source, 'defects');
  await template.query(SCHEMA);
  await template.close();
  pipeline = await openPipeline({ stack, name: 'd', template: 'defects', variants: {}, signal: ends.signal });
  const rows = await pipeline.sourceRows();
  await until(() => pipeline.log.snapshotReads >= rows, { what: 'the snapshot', limitMs: 60_000 });
  const tables = await pipeline.tables();
  for (const transaction of HISTORY) await pipeline.source.query(`BEGIN; ${transaction}; COMMIT`);
  const [last] = await pipeline.source.query<{ txn: string }>(`SELECT xmin::text AS txn FROM people WHERE id = 20`);
  await until(() => last !== undefined && pipeline.log.holds('public.people', '["20"]', last.txn), {
    what: 'the last change to be captured',
    limitMs: 60_000,
  });
  const logEnds = await pipeline.log.endOffsets();
  const arrived = (applier: PlainApplier) =>
    until(async () => reached(await applier.applied(), logEnds), {
      what: `${applier.spec.title} to apply the log`,
      limitMs: 60_000,
      saw: () => applier.name,
    });
  appliers.push(...(await Promise.all(Object.values(CASES).map((one, index) => start(one, nameOf(index), tables)))));
  await Promise.all(appliers.map(arrived));
  const again = appliers[Object.keys(CASES).indexOf('applies twice after a rebalance')];
  await again?.rebalance();
  if (again !== undefined) await arrived(again);
  verdicts = await finalCheck({
    pipeline: { ...pipeline, variants: new Map(appliers.map((one): [string, Variant] => [one.name, one])) },
    ledger: memoryLedger(),
    log: pipeline.log,
    memory: createMemory(),
  });
}, 240_000);

async function start({ defect, sinkSql }: Case, name: string, tables: readonly Table[]): Promise<PlainApplier> {
  const sink = await createDatabase(stack.sink, name);
  for (const table of tables) {
    await createSinkTable(sink, table, { keyed: defect.blind !== true });
    await noteEffects(sink, table);
  }
  if (sinkSql !== undefined) await sink.query(sinkSql);
  const applier = await startPlainApplier({
    ...{ name, brokers: stack.brokers, routes: pipeline.routes, tables, sink, defect },
  });
  return Object.assign(applier, { effects: (table: string, keys: readonly string[]) => effectsOf(sink, table, keys) });
}

afterAll(async () => {
  await Promise.all(appliers.map((applier) => applier[Symbol.asyncDispose]()));
  await Promise.all(appliers.map(({ sink }) => sink.close()));
  await pipeline?.[Symbol.asyncDispose]();
  await stack?.[Symbol.asyncDispose]();
});

for (const [index, [title, { must, may = [], columns }]] of Object.entries(CASES).entries())
  test(`an applier that ${title}: ${must.join(', ') || 'nothing'}, and nothing else`, () => {
    const verdict = verdicts.find(({ variant }) => variant === nameOf(index));
    expect(verdict?.reason).toBeUndefined();
    expect(verdict?.verdict === 'PASS').toBe(must.length === 0);
    const seen = Object.keys(verdict?.counts ?? {});
    expect(seen).toEqual(expect.arrayContaining([...must]));
    expect(seen.filter((anomaly) => ![...must, ...may].includes(anomaly as Anomaly))).toEqual([]);
    for (const finding of verdict?.findings ?? []) {
      expect(finding.hop, finding.detail).toBe('log-to-sink');
      for (const { column } of finding.differs ?? []) if (columns !== undefined) expect(columns).toContain(column);
    }
  });
