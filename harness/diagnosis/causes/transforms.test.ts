import { expect, test } from 'vitest';
import type { Finding } from '#model/finding.ts';
import { findingOf, jdbcSink, sourceConnector, wrongValue } from '#testing/diagnosis-facts.ts';
import {
  eventOf,
  explains,
  named,
  programSubject,
  STOPPED,
  sinkSubject,
  testPlantings,
  trace,
} from '#testing/planting.ts';
import { TRANSFORMS } from './transforms.ts';

const transform = (type: string, more: Record<string, string>, alias = 't') => ({
  ...{ transforms: alias, [`transforms.${alias}.type`]: type },
  ...Object.fromEntries(Object.entries(more).map(([name, value]) => [`transforms.${alias}.${name}`, value])),
});
const CONNECT = 'org.apache.kafka.connect.transforms.';
const MASK = `${CONNECT}MaskField$Value`;
const FILTER = 'io.debezium.transforms.Filter';
const FOREIGN = 'org.example.Transform';
const sink = (type: string, more: Record<string, string>) => ({ subject: sinkSubject(transform(type, more)) });
const replacing = (more: Record<string, string>) => sink(`${CONNECT}ReplaceField$Value`, more);
const masking = (fields: string) => sink(MASK, { fields });
const unwrapping = (more: Record<string, string>) => transform('io.debezium.transforms.ExtractNewRecordState', more);
const HANDLING = 'delete.tombstone.handling.mode';
const unwrappingSource = (more: Record<string, string>) => ({ sources: [sourceConnector(unwrapping(more))] });
const both = findingOf('corrupt', {
  differs: [
    { column: 'id', source: '1', sink: '2' },
    { column: 'note', source: 'a', sink: null },
    { column: 'body', source: 'b', sink: null },
  ],
});
const refusing = (purpose: string, kind = 'Struct objects supported') => ({
  words: trace(`org.apache.kafka.connect.errors.DataException: Only ${kind} for [${purpose}], found: null`),
});
const uncaptured = (anomaly: Finding['anomaly']) => findingOf(anomaly, { hop: 'source-to-log' });

testPlantings(TRANSFORMS, {
  'transform-stops-at-tombstone': {
    facts: { ...masking('note'), findings: STOPPED, ...refusing('mask fields') },
    advises: 'transforms.t.predicate=tombstone, transforms.t.negate=true',
    control: { words: trace('org.postgresql.util.PSQLException: ERROR: deadlock detected') },
    also: {
      'of two the one without a predicate, where the connector has others': {
        facts: {
          subject: sinkSubject({
            ...{ ...transform(MASK, { predicate: 'own' }, 'first'), predicates: 'own' },
            ...transform(MASK, {}, 'second'),
            transforms: 'first, second',
          }),
        },
        says: ['transforms.second in sink.json', 'predicates=own,tombstone, predicates.tombstone.type'],
      },
      'at a key that is taken from the value, without a schema': {
        facts: {
          ...sink(`${CONNECT}ValueToKey`, { fields: 'id' }),
          ...refusing('copying fields from value to key', 'Map objects supported in absence of schema'),
        },
        says: 'transforms.t in sink.json cannot',
      },
      'at a header that is taken from the value': {
        facts: { ...sink(`${CONNECT}HeaderFrom$Value`, { fields: 'id' }), ...refusing('header move') },
        says: 'transforms.t in sink.json cannot',
      },
      'where no transform of the sink does that': {
        facts: { sources: [sourceConnector(transform(MASK, {}))], ...sink(`${CONNECT}ValueToKey`, {}) },
        says: ['A transform cannot', 'by a predicate'],
        omits: 'transforms.t',
      },
    },
  },
  'transform-drops-field': {
    facts: { ...replacing({ exclude: 'note' }), findings: [wrongValue('note', 'a', null)] },
    advises: 'in sink.json: remove note from transforms.t.exclude',
    control: { findings: [wrongValue('body', 'a', null)] },
    controls: [
      sink(FOREIGN, { exclude: 'note' }),
      replacing({ include: 'id,note' }),
      replacing({}),
      { findings: [findingOf('lost', { column: 'note' })] },
      { findings: [findingOf('corrupt')] },
    ],
    also: {
      'where the file has the older name, and a column is missing': {
        facts: {
          ...replacing({ blacklist: 'tag, note' }),
          findings: [findingOf('missing-column', { column: 'note' })],
        },
        says: [
          'transforms.t.blacklist=tag, note in sink.json: the transform drops note from',
          'from transforms.t.blacklist',
        ],
      },
      'where fields are not in those that it keeps': {
        facts: { ...replacing({ include: 'id', exclude: 'tag' }), findings: [both] },
        says: ['drops note, body from every event', 'in sink.json: add note, body to transforms.t.include'],
      },
      'where they are not, under the older name': {
        facts: {
          ...replacing({ whitelist: 'id' }),
          findings: [wrongValue('note', 'a', 'b'), { ...both, anomaly: 'stale' }],
        },
        says: 'in sink.json: add note, body to transforms.t.whitelist',
      },
      'of two transforms by the second': {
        facts: {
          subject: sinkSubject({
            ...transform(`${CONNECT}ReplaceField$Value`, { exclude: 'tag' }, 'first'),
            ...transform(`${CONNECT}ReplaceField$Value`, { exclude: 'note' }, 'second'),
            transforms: 'first, second',
          }),
        },
        says: 'transforms.second.exclude=note in sink.json',
      },
    },
  },
  'transform-masks-field': {
    facts: { ...masking('note'), findings: [wrongValue('note', 'a', '')] },
    advises: 'in sink.json: remove note from transforms.t.fields',
    control: { findings: [wrongValue('body', 'a', '')] },
    controls: [sink(FOREIGN, { fields: 'note' }), { findings: [findingOf('missing-column', { column: 'note' })] }],
    also: {
      'in some of the fields of the second of two': {
        facts: {
          subject: sinkSubject({
            ...{
              ...transform(MASK, { fields: 'tag' }, 'first'),
              ...transform(MASK, { fields: 'note,tag, body' }, 'second'),
            },
            transforms: 'first, second',
          }),
          findings: [both, { ...both, anomaly: 'stale' }],
        },
        says: ['transforms.second.fields=note,tag, body', 'remove note, body from transforms.second.fields'],
      },
    },
  },
  'unwrap-drops-deletes': {
    facts: { ...unwrappingSource({ [HANDLING]: 'drop' }), findings: [uncaptured('orphan')] },
    advises: `transforms.t.${HANDLING}=tombstone`,
    // It makes a tombstone of the delete.
    control: unwrappingSource({ [HANDLING]: 'delete-to-tombstone' }),
    controls: [
      unwrappingSource({}),
      unwrappingSource({ [HANDLING]: 'rewrite-with-tombstone', 'drop.tombstones': 'true' }),
      unwrappingSource({ 'delete.handling.mode': 'none' }),
      unwrappingSource({ 'delete.handling.mode': 'rewrite', 'drop.tombstones': 'false' }),
      { sources: [sourceConnector(transform(FOREIGN, { [HANDLING]: 'drop' }))] },
      { findings: [findingOf('orphan', { hop: 'source-to-log', ...eventOf('delete') })] },
      { findings: [uncaptured('lost')] },
    ],
    also: {
      'where it rewrites them': {
        facts: unwrappingSource({ [HANDLING]: 'rewrite' }),
        says: ['with __deleted=true without a tombstone', `transforms.t.${HANDLING}=tombstone`, 'mapping.…deleted'],
      },
      'where it rewrites them by the older property': {
        facts: unwrappingSource({ 'delete.handling.mode': 'rewrite' }),
        says: ['transforms.t.delete.handling.mode=rewrite', 'transforms.t.drop.tombstones=false'],
      },
      'where it drops tombstones': {
        facts: unwrappingSource({ 'drop.tombstones': 'true' }),
        says: 'transforms.t.drop.tombstones=true in source.json: the',
      },
      'at the sink, behind one of the source that does not': {
        facts: {
          ...unwrappingSource({}),
          subject: sinkSubject(unwrapping({ [HANDLING]: 'drop' })),
          findings: [findingOf('resurrected', eventOf('delete'))],
        },
        says: `transforms.t.${HANDLING}=drop in sink.json`,
      },
      'where a source before has captured the delete': {
        facts: {
          sources: [
            {
              ...sourceConnector({
                ...unwrapping({ [HANDLING]: 'drop' }),
                'table.include.list': 'public.b',
                'slot.name': 'b',
              }),
              file: 'b.json',
            },
            ...unwrappingSource({ [HANDLING]: 'drop' }).sources,
          ],
        },
        says: 'in source.json: transforms',
      },
    },
  },
  'transform-drops-records': {
    facts: { ...sink(FILTER, { condition: 'value.op != "u"' }), findings: [findingOf('stale', eventOf('update'))] },
    advises: 'remove transforms.t, or',
    control: { findings: [findingOf('duplicate')] },
    controls: [
      sink(FOREIGN, { condition: 'value.op != "u"' }),
      { subject: programSubject() },
      { findings: [uncaptured('stale')] },
      { ...{ subject: sinkSubject(), sources: [sourceConnector(transform(FILTER, {}))] } },
    ],
    also: {
      'by a predicate': {
        facts: sink(`${CONNECT}Filter`, { predicate: 'old' }),
        says: 'every event that matches the predicate old.',
      },
      'by a predicate that is negated': {
        facts: sink(`${CONNECT}Filter`, { predicate: 'new', negate: 'true' }),
        says: 'every event that does not match the predicate new.',
      },
      'all of them': { facts: sink(`${CONNECT}Filter`, {}), says: 'drops every event.' },
      'at the source, of a table that this one captures': {
        facts: {
          sources: [
            {
              ...sourceConnector({ ...transform(FILTER, {}), 'table.include.list': 'public.b', 'slot.name': 'b' }),
              file: 'b.json',
            },
            sourceConnector(transform(FILTER, { condition: 'false' }, 'none')),
          ],
          findings: [uncaptured('lost'), uncaptured('orphan')],
        },
        says: 'transforms.none in source.json',
      },
    },
  },
});

test('a column that a transform drops is explained, another of the same row is not', () => {
  const subject = replacing({ exclude: 'note' }).subject;
  expect(named({ subject, findings: [wrongValue('body', 'Text', 'text')] })).toEqual(['value-lower-case']);
  const findings = [
    findingOf('corrupt', {
      differs: [
        { column: 'note', source: 'a', sink: null },
        { column: 'body', source: 'Text', sink: 'text' },
      ],
    }),
  ];
  expect(named({ subject, findings })).toContain('value-lower-case');
  expect(
    named({ subject: sinkSubject({}, { connectors: [jdbcSink(transform(MASK, { fields: 'note' }))] }), findings }),
  ).toContain('value-lower-case');
});

test('a task that fails at a tombstone explains all that it leaves behind', () => {
  const anomalies = ['stalled', 'lost', 'stale', 'orphan', 'partial-transaction'] as const;
  const findings = [...anomalies, 'corrupt' as const].map((anomaly) => findingOf(anomaly));
  const facts = { ...masking('note'), ...refusing('mask fields'), findings: [...findings, uncaptured('lost')] };
  expect(explains('transform-stops-at-tombstone', facts)).toEqual(
    anomalies.map((anomaly) => `${anomaly} public.items`),
  );
});
