import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changeOf } from '#appliers/objects/change-of.ts';
import { objectKind } from '#engines/between.ts';
import { engineOf } from '#engines/index.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { Anomaly } from '#model/finding.ts';
import type { Fact, VariantVerdict } from '#model/observation.ts';
import type { ObjectsSink, Variant } from '#model/pipeline.ts';
import type { DatabaseServer } from '#model/stack.ts';
import { changeLine } from '#objects/change-lines.ts';
import { changesKey, tableOfChanges } from '#objects/object-set.ts';
import { decodeLine, encodeLine } from '#std/json-lines.ts';
import { finalCheck } from '#verify/observe/final.ts';
import { openPlacedJudge } from '#verify/placed.ts';
import { keyOfRow, openWorld, type World } from './plant-fixture.ts';
import { startTestPostgres } from './postgres.ts';

const SCHEMA = `
  CREATE TABLE people (id bigint PRIMARY KEY, name text, balance numeric(12,2), active boolean, seen timestamptz, note jsonb);
  CREATE TABLE parts (region text, number bigint, label text, PRIMARY KEY (region, number));
  INSERT INTO people SELECT n, 'name ' || n, n * 1.5, n % 2 = 0, '2024-01-01T00:00:00.123Z'::timestamptz + n * interval '1 day',
    jsonb_build_object('n', n) FROM generate_series(1, 30) AS n;
  INSERT INTO parts SELECT region, n, 'part ' || n FROM unnest(ARRAY['eu', 'ä']) AS region, generate_series(1, 5) AS n;
`;
const PEOPLE = 'public.people';
const FOLDER = 'pipeline/';
/** Changes of one object. */
const OBJECT_LINES = 8;

let postgres: { readonly server: DatabaseServer } & AsyncDisposable;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres?.[Symbol.asyncDispose]());

/** Objects by their keys; a test damages their lines before they are read. */
type Objects = Map<string, string[]>;

interface ObjectsWorld extends World {
  /** What a sound applier has made of all that was appended to the log. */
  written(): Promise<Objects>;
}

/** A source, and a history of three rows on it. */
async function openObjectsWorld(): Promise<ObjectsWorld> {
  const world = await openWorld(postgres.server, { schema: SCHEMA });
  await world.change(PEOPLE, 'update', ['1'], `UPDATE people SET name = 'newer' WHERE id = 1`);
  await world.change(PEOPLE, 'update', ['1'], `UPDATE people SET balance = 7.00 WHERE id = 1`);
  await world.change(PEOPLE, 'delete', ['2'], 'DELETE FROM people WHERE id = 2');
  await world.change(PEOPLE, 'insert', ['60'], `INSERT INTO people VALUES (60, 'ü', 1, NULL, now(), '{}')`);
  return Object.assign(world, { written: async () => objectsOf(world, await world.subject.pipeline.tables()) });
}

function objectsOf({ log }: World, tables: readonly Table[]): Objects {
  const { dialect, source } = engineOf({ engine: 'postgres' });
  const { formatPosition } = source;
  const kinds = new Map(
    tables.map((table) => [
      tableId(table),
      new Map(table.columns.map((column) => [column.name, objectKind(dialect.kindOf(column))])),
    ]),
  );
  const objects: Objects = new Map();
  for (const [table, events] of Map.groupBy(log.events, (event) => event.table))
    for (let from = 0; from < events.length; from += OBJECT_LINES) {
      const batch = events.slice(from, from + OBJECT_LINES);
      const [first] = batch;
      if (first === undefined) continue;
      const known = { kinds: kinds.get(table) ?? new Map(), formatPosition, receivedAtMs: 0 };
      objects.set(
        changesKey(FOLDER, table, first),
        batch.map((event) => changeLine(changeOf(event, known))),
      );
    }
  return objects;
}

function sinkOf(objects: Objects, tables: readonly Table[]): ObjectsSink {
  return {
    ...{ place: `bucket/${FOLDER}`, tables },
    async *list() {
      for (const [key, lines] of [...objects].sort(([a], [b]) => (a < b ? -1 : 1)))
        yield { key, version: lines.join() };
    },
    get: async (key) => Buffer.from((objects.get(key) ?? []).map((line) => `${line}\n`).join('')),
    tableOf: (key) => tableOfChanges(FOLDER, key),
  };
}

/** The verdict on objects, which must be the same when what was seen is written down, read back and judged again. */
async function check(world: ObjectsWorld, objects: Objects): Promise<VariantVerdict> {
  const lines: string[] = [];
  const tables = await world.subject.pipeline.tables();
  const raw: Variant = {
    ...world.variant,
    spec: { kind: 'objects', title: 'objects' },
    objects: sinkOf(objects, tables),
  };
  const [verdict] = await finalCheck({
    ...world.subject,
    pipeline: { ...world.subject.pipeline, variants: new Map([['sink', raw]]) },
    record: (_, fact) => void lines.push(encodeLine(fact)),
  });
  if (verdict === undefined) throw new Error('no verdict');
  const again = openPlacedJudge(verdict.variant);
  for (const line of lines) again.take(decodeLine<Fact>(line));
  expect(again.verdict()).toEqual(verdict);
  return verdict;
}

const found = ({ findings }: VariantVerdict) =>
  findings.map(({ anomaly, table, key, hop, differs = [] }) => [
    ...[anomaly, table, key, hop],
    ...differs.map(({ column }) => column),
  ]);

const one = (anomaly: Anomaly, key: string, ...columns: string[]) => [
  [anomaly, PEOPLE, keyOfRow(key), 'log-to-sink', ...columns],
];

/** Has the lines of all objects of `people` go through a function: what it returns stands in their place. */
function edit(objects: Objects, change: (line: string, parsed: Record<string, unknown>) => readonly string[]): Objects {
  for (const [key, lines] of objects)
    if (tableOfChanges(FOLDER, key) === (PEOPLE satisfies TableId))
      objects.set(
        key,
        lines.flatMap((line) => change(line, JSON.parse(line) as Record<string, unknown>)),
      );
  return objects;
}

test('objects that hold every change are equal to the source, row by row', async () => {
  await using world = await openObjectsWorld();
  const verdict = await check(world, await world.written());
  expect(found(verdict)).toEqual([]);
  expect(verdict).toMatchObject({ verdict: 'PASS', inFlight: 0 });
  expect(verdict.tables.map(({ table, sourceRows, sinkRows }) => [table, sourceRows, sinkRows])).toEqual([
    ['public.parts', 10, 10],
    [PEOPLE, 30, 30],
  ]);
});

describe('planted in objects, found for what it is, and nothing besides', () => {
  test('a row of which no object has a change is lost', async () => {
    await using world = await openObjectsWorld();
    const objects = edit(await world.written(), (line, { id }) => (id === 5 ? [] : [line]));
    expect(found(await check(world, objects))).toEqual(one('lost', '5'));
  });

  test('a row without its last change is stale, and one whose delete is missing an orphan', async () => {
    await using world = await openObjectsWorld();
    const stale = edit(await world.written(), (line, { id, balance }) =>
      id === 1 && balance === '7.00' ? [] : [line],
    );
    expect(found(await check(world, stale))).toEqual(one('stale', '1', 'balance'));
    const orphan = edit(await world.written(), (line, { _cdc_op: op }) => (op === 'd' ? [] : [line]));
    expect(found(await check(world, orphan))).toEqual(one('orphan', '2'));
  });

  test('a row that the source never had is an orphan', async () => {
    await using world = await openObjectsWorld();
    const objects = edit(await world.written(), (line, { id }) =>
      id === 60
        ? [line, line.replace('"id":60', '"id":99').replace(/"_cdc_offset":\d+/, '"_cdc_offset":9999')]
        : [line],
    );
    expect(found(await check(world, objects))).toEqual(one('orphan', '99'));
  });

  test('a value that no version had is corrupt, with its column', async () => {
    await using world = await openObjectsWorld();
    const objects = edit(await world.written(), (line, { id }) =>
      id === 9 ? [line.replace('"name":"name 9"', '"name":"name ?"')] : [line],
    );
    expect(found(await check(world, objects))).toEqual(one('corrupt', '9', 'name'));
  });

  test('an object that is there under another name as well has each of its changes twice', async () => {
    await using world = await openObjectsWorld();
    const objects = await world.written();
    const [key = '', lines = []] = [...objects].find(([name]) => tableOfChanges(FOLDER, name) === PEOPLE) ?? [];
    objects.set(`${key}-again`, lines);
    const verdict = await check(world, objects);
    expect(verdict).toMatchObject({ verdict: 'FAIL', counts: { duplicate: OBJECT_LINES } });
    expect(Object.keys(verdict.counts)).toEqual(['duplicate']);
    expect(verdict.findings[0]?.detail).toContain(`${key}, ${key}-again`);
  });

  test('two changes of a row that are in each other’s place are reordered', async () => {
    await using world = await openObjectsWorld();
    const ofRow = [...(await world.written()).values()].flat().filter((line) => line.startsWith('{"id":1,'));
    const [, second = '', third = ''] = ofRow;
    const objects = edit(await world.written(), (line) => [line === second ? third : line === third ? second : line]);
    expect(found(await check(world, objects))).toEqual(one('reordered', '1'));
  });

  test('a change that was followed by another one, and that no object has, is lost though the row is right', async () => {
    await using world = await openObjectsWorld();
    const objects = edit(await world.written(), (line, { id, name, balance }) =>
      id === 1 && name === 'newer' && balance !== '7.00' ? [] : [line],
    );
    const verdict = await check(world, objects);
    expect(found(verdict)).toEqual(one('lost', '1'));
    expect(verdict.findings[0]?.detail).toContain('is in no object');
  });
});

test('a change that the consumer has not passed is in flight, whatever objects have of it', async () => {
  await using world = await openObjectsWorld();
  const before = await world.written();
  await world.change(PEOPLE, 'update', ['3'], `UPDATE people SET name = 'late' WHERE id = 3`, { passed: false });
  expect(await check(world, before)).toMatchObject({ findings: [], inFlight: 1 });
  expect(await check(world, await world.written())).toMatchObject({ findings: [] });
});

test('an object that cannot be read is unknown, never a pass', async () => {
  await using world = await openObjectsWorld();
  const objects = edit(await world.written(), (line, { id }) => (id === 4 ? ['{'] : [line]));
  expect(await check(world, objects)).toMatchObject({
    verdict: 'UNKNOWN',
    reason: expect.stringContaining('is no change'),
  });
});
