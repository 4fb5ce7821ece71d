import { findingOf, sourceConnector } from '#testing/diagnosis-facts.ts';
import { eventOf, sinkSubject, testPlantings } from '#testing/planting.ts';
import { FAN_IN } from './fan-in.ts';

const collided = findingOf('lost', { ...eventOf('create'), collides: 'public.items_2' });

testPlantings(FAN_IN, {
  'fan-in-keys-collide': {
    facts: {
      ...{ sources: [sourceConnector({})], subject: sinkSubject() },
      findings: [collided, findingOf('stale', eventOf('update'))],
    },
    advises: "and to the sink's primary key",
    control: { findings: [findingOf('lost', eventOf('create'))] },
  },
});
