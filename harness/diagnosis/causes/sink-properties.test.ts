import { findingOf } from '#testing/diagnosis-facts.ts';
import { confluentSubject, eventOf, sinkSubject, testPlantings } from '#testing/planting.ts';
import { SINK_PROPERTIES } from './sink-properties.ts';

const TOLERANT = { 'errors.tolerance': 'all' };

testPlantings(SINK_PROPERTIES, {
  'sink-topic-left-out': {
    facts: {
      subject: sinkSubject(
        { topics: 'app.public.orders' },
        { lacking: [{ topic: 'app.public.items', table: 'public.items' }] },
      ),
      findings: [findingOf('lost')],
    },
    advises: 'add app.public.items to topics',
    control: { findings: [findingOf('lost', { table: 'public.orders' })] },
  },
  'sink-deletes-off': {
    facts: {
      subject: confluentSubject({ 'delete.enabled': 'false' }),
      findings: [findingOf('orphan', eventOf('delete'))],
    },
    advises: 'delete.enabled=true, pk.mode=record_key',
    control: { findings: [findingOf('orphan', eventOf('update'))] },
  },
  'sink-truncate-off': {
    facts: { subject: sinkSubject(), findings: [findingOf('orphan', eventOf('truncate'))] },
    advises: 'truncate.enabled=true',
    control: { findings: [findingOf('orphan', eventOf('delete'))] },
  },
  'sink-errors-tolerated': {
    facts: { subject: sinkSubject(TOLERANT), findings: [findingOf('lost', eventOf('create'))] },
    advises: 'errors.tolerance=none',
    control: { findings: [findingOf('lost', { hop: 'source-to-log' })] },
  },
  'sink-dead-letters': {
    facts: {
      subject: sinkSubject({ ...TOLERANT, 'errors.deadletterqueue.topic.name': 'dlq' }),
      findings: [findingOf('lost', eventOf('create'))],
    },
    advises: 'read dlq',
    control: { findings: [findingOf('lost', { hop: 'source-to-log' })] },
  },
});
