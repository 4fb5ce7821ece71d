import { findingOf, sourceConnector, wrongValue } from '#testing/diagnosis-facts.ts';
import { eventOf, STOPPED, sinkSubject, testPlantings, trace } from '#testing/planting.ts';
import { TRANSFORMS } from './transforms.ts';

const transform = (type: string, more: Record<string, string>) => ({
  ...{ transforms: 't', 'transforms.t.type': type },
  ...Object.fromEntries(Object.entries(more).map(([name, value]) => [`transforms.t.${name}`, value])),
});

const MASK = 'org.apache.kafka.connect.transforms.MaskField$Value';

testPlantings(TRANSFORMS, {
  'transform-stops-at-tombstone': {
    facts: {
      subject: sinkSubject(transform(MASK, { fields: 'note' })),
      findings: STOPPED,
      words: trace(
        'org.apache.kafka.connect.errors.DataException: Only Struct objects supported for [mask fields], found: null',
      ),
    },
    advises: 'transforms.t.predicate=tombstone, transforms.t.negate=true',
    control: { words: trace('org.postgresql.util.PSQLException: ERROR: deadlock detected') },
  },
  'transform-drops-field': {
    facts: {
      subject: sinkSubject(transform('org.apache.kafka.connect.transforms.ReplaceField$Value', { exclude: 'note' })),
      findings: [wrongValue('note', 'a', null)],
    },
    advises: 'take it out of transforms.t.exclude',
    control: { findings: [wrongValue('body', 'a', null)] },
  },
  'transform-masks-field': {
    facts: {
      subject: sinkSubject(transform('org.apache.kafka.connect.transforms.MaskField$Value', { fields: 'note' })),
      findings: [wrongValue('note', 'a', '')],
    },
    advises: 'take the transform out of sink.json',
    control: { findings: [wrongValue('body', 'a', '')] },
  },
  'unwrap-drops-deletes': {
    facts: {
      sources: [
        sourceConnector(
          transform('io.debezium.transforms.ExtractNewRecordState', { 'delete.tombstone.handling.mode': 'drop' }),
        ),
      ],
      findings: [findingOf('orphan', { hop: 'source-to-log' })],
    },
    advises: 'transforms.t.delete.tombstone.handling.mode=tombstone',
    // It makes a tombstone of the delete.
    control: {
      sources: [
        sourceConnector(
          transform('io.debezium.transforms.ExtractNewRecordState', {
            'delete.tombstone.handling.mode': 'delete-to-tombstone',
          }),
        ),
      ],
    },
  },
  'transform-drops-records': {
    facts: {
      subject: sinkSubject(transform('io.debezium.transforms.Filter', { condition: 'value.op != "u"' })),
      findings: [findingOf('stale', eventOf('update'))],
    },
    advises: 'take transforms.t out of sink.json',
    control: { findings: [findingOf('duplicate')] },
  },
});
