import { expect, test } from 'vitest';
import { findingOf, sourceConnector } from '#testing/diagnosis-facts.ts';
import { eventOf, explains, sinkSubject, testPlantings } from '#testing/planting.ts';
import { FAN_IN } from './fan-in.ts';

const collided = findingOf('lost', { ...eventOf('create'), collides: 'public.items_2' });
const router = (more: Readonly<Record<string, string>>) =>
  sourceConnector({
    ...{ transforms: 'route', 'transforms.route.type': 'io.debezium.transforms.ByLogicalTableRouter' },
    ...more,
  });
const UNIQUENESS = 'transforms.route.key.enforce.uniqueness';

testPlantings(FAN_IN, {
  'fan-in-keys-collide': {
    facts: {
      ...{ sources: [sourceConnector({})], subject: sinkSubject() },
      findings: [collided, findingOf('stale', eventOf('update'))],
    },
    advises: "and to the sink's primary key",
    control: { findings: [findingOf('lost', eventOf('create'))] },
    also: {
      'with the router that leaves the table out of the key': {
        facts: { sources: [router({ [UNIQUENESS]: 'false' })] },
        says: [`${UNIQUENESS}=false in source.json`, `in source.json: remove ${UNIQUENESS} (`],
      },
      'beside a router that keeps keys unique': {
        facts: { sources: [router({}), router({ [UNIQUENESS]: 'true' })] },
        omits: UNIQUENESS,
      },
      'beside another transform with a property of that name': {
        facts: { sources: [router({ [UNIQUENESS]: 'false', 'transforms.route.type': 'com.example.Route' })] },
        omits: UNIQUENESS,
      },
    },
  },
});

test('wrong values in the tables that collide follow from it, other losses and other tables do not', () => {
  const findings = [
    collided,
    findingOf('lost', { key: '["2"]' }),
    findingOf('stale', { table: 'public.items_2' }),
    findingOf('corrupt'),
    findingOf('partial-transaction'),
    findingOf('orphan'),
    findingOf('stale', { table: 'public.orders' }),
  ];
  expect(explains('fan-in-keys-collide', { findings })).toEqual([
    'lost public.items',
    'stale public.items_2',
    'corrupt public.items',
    'partial-transaction public.items',
  ]);
});
