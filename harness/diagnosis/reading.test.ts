import { expect, test } from 'vitest';
import type { ServerWords } from '#model/cause.ts';
import { factsWith, findingOf, sourceConnector, wrongValue } from '#testing/diagnosis-facts.ts';
import { items as itemsWith, sinkState, sourceState } from '#testing/planting.ts';
import { diagnose } from './diagnose.ts';
import {
  findingsOf,
  heard,
  isType,
  ofSource,
  quoted,
  share,
  triggersOn,
  wrongColumns,
  wrongValues,
} from './reading.ts';

const connector = (name: string, config: Readonly<Record<string, string>> = {}) => ({
  ...sourceConnector({ 'slot.name': name, 'table.include.list': `public.${name}`, ...config }),
  name,
});
const [items, stores, stopped] = [
  findingOf('lost', { hop: 'source-to-log' }),
  findingOf('lost', { hop: 'source-to-log', table: 'public.stores' }),
  { anomaly: 'stalled', hop: 'source-to-log', detail: '' } as const,
];

test("a source connector's findings are those of the tables that it captures, and those of no table", () => {
  expect(ofSource(connector('items'), [items, stores, stopped])).toEqual([items, stopped]);
  expect(ofSource(sourceConnector({}), [items, stores])).toEqual([items, stores]);
});

test("what one connector captures is not explained by another's properties or publication", () => {
  const named = (first: Readonly<Record<string, string>>, second: Readonly<Record<string, string>> = {}) =>
    diagnose(
      factsWith({
        sources: [connector('items', first), connector('stores', { 'publication.name': 'none', ...second })],
        source: sourceState({ name: 'app', tables: ['public.items'] }),
        findings: [stores],
      }),
    ).map(({ code }) => code);
  expect(named({ 'snapshot.mode': 'no_data', 'publication.name': 'none' })).toEqual([]);
  expect(named({}, { 'snapshot.mode': 'no_data' })).toEqual(['snapshot-skipped']);
  expect(named({ 'publication.name': 'app' })).toEqual([]);
  expect(named({}, { 'publication.name': 'app' })).toEqual(['publication-lacks-table']);
});

test('findings of a class at a hop, and those of which no hop is known', () => {
  const { hop: _, ...unplaced } = findingOf('lost');
  const facts = factsWith({ findings: [items, unplaced, findingOf('lost'), findingOf('stale')] });
  expect(findingsOf(facts, ['lost'], ['source-to-log'])).toEqual([items, unplaced]);
  expect(findingsOf(facts, ['lost'])).toEqual([items, unplaced, findingOf('lost')]);
});

test("a table's name may have dots, which its schema has not", () => {
  const dotted = findingOf('lost', { table: 'public.north.items' });
  expect(ofSource(sourceConnector({ 'table.include.list': 'public[.]north[.]items' }), [dotted])).toEqual([dotted]);
});

test("wrong values have the source's type of their column, and how they were altered", () => {
  const tables = [{ ...itemsWith({ note: 'xml' }), name: 'others' }, itemsWith({ note: 'text' })];
  const sources = [sourceConnector({ 'unavailable.value.placeholder': '(unchanged)' })];
  const findings = [findingOf('lost'), wrongValue('note', 'a', '(unchanged)'), wrongValue('gone', 'one', 'two')];
  const [note, gone, ...others] = wrongValues(factsWith({ tables, sources, findings }));
  expect(others).toEqual([]);
  expect(note).toMatchObject({
    table: 'public.items',
    column: 'note',
    type: 'text',
    alteration: { kind: 'placeholder' },
  });
  expect(gone).toEqual({ ...gone, type: '', source: 'one', sink: 'two' });
  expect(gone).not.toHaveProperty('alteration');
  expect(share(factsWith({ findings }), wrongValues(factsWith({ findings })).slice(0, 1))).toBe(
    'public.items.note in 1 of the 2 wrong rows shown',
  );
});

test('what the log no longer had when the consumer came was altered by nobody', () => {
  const placeholder = wrongValue('note', 'long', '__debezium_unavailable_value');
  expect(wrongValues(factsWith({ findings: [placeholder] }))).toHaveLength(1);
  expect(wrongValues(factsWith({ findings: [{ ...placeholder, hop: 'log' }] }))).toEqual([]);
});

test('the columns in which a row is wrong, each once', () => {
  expect(wrongColumns(findingOf('missing-column', { column: 'note' }))).toEqual(['note']);
  expect(wrongColumns(wrongValue('note', 'a', 'b'))).toEqual(['note']);
  expect(wrongColumns(findingOf('lost'))).toEqual([]);
});

const said = (text: string, from: ServerWords['from'] = 'applier') =>
  factsWith({ words: [{ from, name: 'warehouse', text }] });
const quote = (text: string, pattern = /reason/) => {
  const matched = heard(said(text), pattern);
  return matched === undefined ? undefined : quoted(matched);
};

test('consumers are heard, and neither sources nor writers are unless they are asked', () => {
  const hears = (from: ServerWords['from']) => heard(said('reason', from), /reason/) !== undefined;
  expect((['sink-task', 'applier', 'program', 'worker-log'] as const).map(hears)).toEqual([true, true, true, true]);
  expect((['source-task', 'writer'] as const).map(hears)).toEqual([false, false]);
  expect(heard(said('reason', 'writer'), /reason/, ['writer'])?.match[0]).toBe('reason');
});

test("a server's message is quoted by the line, and from the reason on where the line is long", () => {
  expect(quote('first\n  the reason is this \nlast')).toBe('warehouse reports: the reason is this');
  expect(quote('the reason at the end')).toBe('warehouse reports: the reason at the end');
  const long = 'x'.repeat(400);
  expect(quote(`${long} reason: this\nlast`)).toBe('warehouse reports: reason: this');
  expect(quote(`reason: ${long}`)).toBe(`warehouse reports: ${`reason: ${long}`.slice(0, 400)}…`);
  expect(quote(`reason${'x'.repeat(394)}`)).toBe(`warehouse reports: reason${'x'.repeat(394)}`);
  expect(quote(`${'x'.repeat(394)}reason`)).toBe(`warehouse reports: ${'x'.repeat(394)}reason`);
});

test("triggers on a table are those of its name, with or without the sink's schema", () => {
  const values = wrongValues(factsWith({ findings: [wrongValue('note', 'a', 'b')] }));
  const sink = sinkState({ triggers: ['dw.items: audit', 'items: log', 'items.others: x'] });
  expect(triggersOn(factsWith({ sink }), values)).toEqual([
    'the sink has a trigger on this table: dw.items: audit',
    'the sink has a trigger on this table: items: log',
  ]);
  expect(triggersOn(factsWith({}), values)).toEqual([]);
});

test('a type is of a family with its precision, and as an array', () => {
  const types = ['numeric', 'numeric(10,2)', 'numeric[]', 'numerical', 'text'];
  expect(types.map((type) => isType(type, 'money', 'numeric'))).toEqual([true, true, true, false, false]);
});
