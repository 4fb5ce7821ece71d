import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Table, tableId } from '#model/catalog.ts';
import type { VariantVerdict } from '#model/observation.ts';
import type { PairTables, VariantSpec } from '#model/pipeline.ts';
import type { DatabaseServer } from '#model/stack.ts';
import { finalCheck } from '#verify/observe/final.ts';
import { openWorld, type World } from './plant-fixture.ts';
import { startTestPostgres } from './postgres.ts';

/** A table that cannot be compared is never taken for one that is right. */
const SCHEMA = `
  CREATE TABLE people (id int PRIMARY KEY, name text);
  CREATE TABLE parts (region text, number bigint, label text, PRIMARY KEY (region, number));
  INSERT INTO people SELECT n, 'name ' || n FROM generate_series(1, 20) AS n;
  INSERT INTO parts SELECT 'eu', n, 'part ' || n FROM generate_series(1, 5) AS n;
`;
const PEOPLE = 'public.people';
const PARTS = 'public.parts';

let postgres: { readonly server: DatabaseServer } & AsyncDisposable;
let world: World;
beforeAll(async () => {
  postgres = await startTestPostgres();
  world = await openWorld(postgres.server, { schema: SCHEMA });
});
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await postgres?.[Symbol.asyncDispose]();
});

async function check(pair: PairTables): Promise<VariantVerdict | undefined> {
  const { pipeline } = world.subject;
  const spec: VariantSpec = { ...world.variant.spec, pair };
  const variants = new Map([['sink', { ...world.variant, spec }]]);
  const [verdict] = await finalCheck({ ...world.subject, pipeline: { ...pipeline, variants } });
  return verdict;
}

test('a column of a key is left out: UNKNOWN, and the other table is judged all the same', async () => {
  const pair: PairTables = (source, sinks) => {
    const without = ({ columns, ...table }: Table): Table => ({
      ...table,
      columns: columns.filter(({ name }) => table.name !== 'parts' || name !== 'region'),
    });
    const sink = sinks.get(tableId(source));
    return { source: without(source), ...(sink === undefined ? {} : { sink: without(sink) }) };
  };
  const verdict = await check(pair);
  expect(verdict).toMatchObject({
    verdict: 'UNKNOWN',
    reason: `${PARTS} could not be compared: its rows are identified by region, which the comparison leaves out`,
  });
  expect(verdict?.tables.map(({ table }) => table)).toEqual([PEOPLE]);
  await world.sink.query('DELETE FROM people WHERE id = 4');
  expect(await check(pair)).toMatchObject({ verdict: 'FAIL', counts: { lost: 1 } });
});

test('two tables would be compared with one: no row of it is an orphan, and both are named', async () => {
  const verdict = await check((source, sinks) => {
    const sink = sinks.get(PEOPLE);
    return { source, ...(sink === undefined ? {} : { sink }) };
  });
  expect(verdict).toMatchObject({ verdict: 'UNKNOWN', findings: [], counts: {} });
  expect(verdict?.reason).toContain(`${PARTS} and ${PEOPLE} would be compared with the same sink table, ${PEOPLE}`);
});

test('no table is compared at all', async () => {
  expect(await check(() => undefined)).toMatchObject({ verdict: 'UNKNOWN', reason: 'no table was compared' });
});
