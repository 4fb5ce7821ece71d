import { expect, test } from 'vitest';
import { diagnose } from '#diagnosis/diagnose.ts';
import { factsWith, findingOf, sourceConnector } from '#testing/diagnosis-facts.ts';
import {
  eventOf,
  items,
  refusedBatch,
  STOPPED,
  sinkState,
  sinkSubject,
  testPlantings,
  trace,
} from '#testing/planting.ts';
import { ROUTING } from './routing.ts';

const ROUTER = {
  transforms: 'route',
  'transforms.route.type': 'io.debezium.transforms.ByLogicalTableRouter',
  'transforms.route.topic.regex': 'app\\.public\\.(.*)',
  'transforms.route.topic.replacement': 'all.$1',
};
const lost = [findingOf('lost', eventOf('create'))];
const named = (name: string) => ({ ...items(), name });

testPlantings(ROUTING, {
  'sink-name-case': {
    facts: {
      ...{ subject: sinkSubject(), findings: STOPPED, words: refusedBatch('relation "items" does not exist') },
      sink: sinkState({ tables: [named('Items')] }),
    },
    advises: 'quote.identifiers=true',
    control: { sink: sinkState({ tables: [named('articles')] }) },
  },
  'topic-rerouted': {
    facts: {
      sources: [sourceConnector({ 'topic.prefix': 'app', ...ROUTER })],
      subject: sinkSubject(
        { topics: 'app.public.items' },
        { lacking: [{ topic: 'all.items', table: 'public.items' }] },
      ),
      findings: lost,
    },
    advises: 'add all.items to the topics of sink.json',
    control: { sources: [sourceConnector({ 'topic.prefix': 'all' })] },
  },
  'sink-table-elsewhere': {
    facts: {
      ...{ subject: sinkSubject(), findings: lost },
      sink: sinkState({ tables: [named('items'), named('app_public_items')] }),
    },
    advises: `collection.name.format=\${source.table}`,
    control: { subject: sinkSubject({ 'collection.name.format': `\${source.table}` }) },
  },
});

test('a table under the name that a mapping gives it is not elsewhere', () => {
  const codes = (compared?: Readonly<Record<string, string>>) =>
    diagnose(
      factsWith({
        subject: sinkSubject(
          { 'collection.name.format': `dim_\${source.table}` },
          compared === undefined ? {} : { compared },
        ),
        ...{ findings: lost, sink: sinkState({ tables: [named('items'), named('dim_items')] }) },
      }),
    ).map(({ code }) => code);
  expect(codes()).toEqual(['sink-table-elsewhere']);
  expect(codes({ 'public.items': 'public.dim_items' })).toEqual([]);
});

test('a topic that a router has moved is not said to be left out as well', () => {
  const [cause, ...others] = diagnose(
    factsWith({
      sources: [sourceConnector({ 'topic.prefix': 'app', ...ROUTER })],
      subject: sinkSubject({}, { lacking: [{ topic: 'all.items', table: 'public.items' }] }),
      findings: lost,
    }),
  );
  expect(cause?.code).toBe('topic-rerouted');
  expect(others).toEqual([]);
});

test("Debezium's own words for a table of another case", () => {
  const words = trace('java.sql.SQLException: Could not find table: items');
  const facts = { subject: sinkSubject(), findings: STOPPED, words, sink: sinkState({ tables: [named('Items')] }) };
  expect(diagnose(factsWith(facts)).map(({ code }) => code)).toEqual(['sink-name-case']);
});
