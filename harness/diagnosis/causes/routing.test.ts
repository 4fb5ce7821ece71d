import { findingOf, sourceConnector } from '#testing/diagnosis-facts.ts';
import { eventOf, items, refusedBatch, STOPPED, sinkState, sinkSubject, testPlantings } from '#testing/planting.ts';
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
