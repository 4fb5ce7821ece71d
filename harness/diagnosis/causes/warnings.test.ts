import { expect, test } from 'vitest';
import { findingOf } from '#testing/diagnosis-facts.ts';
import { builtinSubject, named, testPlantings } from '#testing/planting.ts';
import { WARNINGS } from './warnings.ts';

testPlantings(WARNINGS, {
  'retention-near': {
    facts: { subject: builtinSubject({}), consumerLag: { lagMs: 50_000, retentionMs: 60_000, recordsGone: 0 } },
    advises: 'raise the retention',
    control: { consumerLag: { lagMs: 40_000, retentionMs: 60_000, recordsGone: 0 } },
    controls: [
      // 0.8 of the retention is not yet near; and what is gone has a cause of its own.
      { consumerLag: { lagMs: 48_000, retentionMs: 60_000, recordsGone: 0 } },
      { consumerLag: { lagMs: 50_000, retentionMs: 60_000, recordsGone: 1 } },
    ],
    also: {
      'by milliseconds': {
        facts: { consumerLag: { lagMs: 900, retentionMs: 1000, recordsGone: 0 } },
        says: ['lags by 900 ms', 'keep records for 1.0 s'],
      },
    },
  },
});

test('what only warns comes after what explains a finding, however likely', () => {
  const facts = { subject: builtinSubject({ commit: 'before' }), findings: [findingOf('lost')] };
  const consumerLag = { lagMs: 50_000, retentionMs: 60_000, recordsGone: 0 };
  expect(named({ ...facts, consumerLag })).toEqual(['offsets-before-write', 'retention-near']);
});
