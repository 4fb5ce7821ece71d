import { expect, test } from 'vitest';
import type { Anomaly, Hop } from '#model/finding.ts';
import { changesFor } from '#report/subject.ts';
import { commandWeaknesses, sharedWeaknesses, sinkWeaknesses, sourceWeaknesses } from './weaknesses.ts';

/** What is told of a subject that showed one anomaly. */
function told(
  weaknesses: Parameters<typeof changesFor>[0],
  anomaly: Anomaly,
  hop: Hop,
  { fault = 'none', detail = 'x' } = {},
): string {
  const examples = [{ anomaly, hop, detail, advice: 'the general advice' }];
  return changesFor(weaknesses, fault, 'sink', { anomalies: { [anomaly]: 1 }, examples }).join('\n');
}

const source = (config: Record<string, string>) => sourceWeaknesses({ file: 'source.json', config });
const sink = (config: Record<string, string>) => sinkWeaknesses('sink', { file: 'sink.json', config });

test.each([
  [source({ 'snapshot.mode': 'no_data' }), 'lost', 'source-to-log', {}, 'snapshot.mode=no_data in source.json'],
  [
    source({}),
    'orphan',
    'source-to-log',
    { fault: 'truncate' },
    'skipped.operations is not set in source.json (default: t)',
  ],
  [source({ 'skipped.operations': 'd' }), 'orphan', 'source-to-log', {}, 'take d out of it'],
  [source({ 'decimal.handling.mode': 'double' }), 'corrupt', 'source-to-log', {}, 'decimal.handling.mode=double'],
  [
    source({}),
    'corrupt',
    'source-to-log',
    { detail: 'wrong value in x: "P1DT2H" at' },
    'interval.handling.mode is not set',
  ],
  [
    source({
      transforms: 'f',
      'transforms.f.type': 'io.debezium.transforms.Filter',
      'transforms.f.condition': 'value.ok',
    }),
    'lost',
    'source-to-log',
    {},
    'drops every event for which value.ok is false',
  ],
  [
    source({
      transforms: 'f',
      'transforms.f.type': 'org.apache.kafka.connect.transforms.Filter',
      'transforms.f.predicate': 'p',
    }),
    'lost',
    'source-to-log',
    {},
    'drops every event for which its predicate p holds',
  ],
  [
    source({ 'column.mask.with.5.chars': 'public.a.mail' }),
    'corrupt',
    'source-to-log',
    {},
    'column.mask.with.5.chars=public.a.mail in source.json',
  ],
  [
    source({ 'column.truncate.to.20.chars': 'public.a.note' }),
    'corrupt',
    'source-to-log',
    {},
    'column.truncate.to.20.chars=public.a.note',
  ],
  [
    sink({
      transforms: 'm',
      'transforms.m.type': 'org.apache.kafka.connect.transforms.MaskField$Value',
      'transforms.m.fields': 'mail',
    }),
    'corrupt',
    'log-to-sink',
    {},
    'transforms.m.fields=mail in sink.json',
  ],
  [sink({ 'insert.mode': 'insert' }), 'stalled', 'log-to-sink', {}, 'insert.mode=insert in sink.json'],
  [sink({}), 'orphan', 'log-to-sink', {}, 'delete.enabled is not set in sink.json'],
  [sink({ 'errors.tolerance': 'all' }), 'lost', 'log-to-sink', {}, 'dropped without a trace'],
  [
    sink({ 'errors.tolerance': 'all', 'errors.deadletterqueue.topic.name': 'q' }),
    'lost',
    'log-to-sink',
    {},
    'dead-letter queue q',
  ],
  [
    sink({ 'primary.key.mode': 'record_key' }),
    'stalled',
    'log-to-sink',
    { detail: 'no key fields' },
    'primary.key.mode=record_key',
  ],
  [commandWeaknesses('sink', 'python3 x.py'), 'duplicate', 'log-to-sink', {}, 'python3 x.py: an event that came again'],
] as const)('case %#: the property is named', (weaknesses, anomaly, hop, more, words) => {
  expect(told(weaknesses, anomaly, hop, more)).toContain(words);
});

test.each([
  ['a sound source', source({ 'skipped.operations': 'none' }), 'orphan', 'source-to-log'],
  ['a weakness of the other hop', sink({}), 'orphan', 'source-to-log'],
  ['a weakness of another fault', source({}), 'orphan', 'source-to-log'],
  ["another subject's", sinkWeaknesses('other', { file: 'x.json', config: {} }), 'orphan', 'log-to-sink'],
] as const)('%s explains nothing: the general advice stands', (_, weaknesses, anomaly, hop) => {
  expect(told(weaknesses, anomaly, hop)).toBe('the general advice');
});

test.each([
  ['public.a.secret', true],
  ['public\\.a\\.(secret|token)', true],
  ['public.a.secret, public.b.token', false],
  ['(', false],
])(
  'columns that are left out of the capture, %s, explain nothing where the mapping excludes them all',
  (list, meant) => {
    const weaknesses = sourceWeaknesses({ file: 'source.json', config: { 'column.exclude.list': list } }, [
      'public.a.secret',
      'public.a.token',
    ]);
    expect(told(weaknesses, 'corrupt', 'log-to-sink') === 'the general advice').toBe(meant);
  },
);

test('connectors share a slot by its name, set or not', () => {
  const shared = sharedWeaknesses([
    { file: 'a.json', config: {} },
    { file: 'b.json', config: { 'slot.name': 'debezium' } },
    { file: 'c.json', config: { 'slot.name': 'own' } },
  ]);
  expect(shared.map(({ says }) => says)).toEqual([expect.stringContaining('slot.name=debezium in a.json and b.json')]);
});
