import { expect, test } from 'vitest';
import { factsWith, findingOf, sourceConnector } from '#testing/diagnosis-facts.ts';
import { sourceState } from '#testing/planting.ts';
import { diagnose } from './diagnose.ts';
import { ofSource } from './reading.ts';

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
