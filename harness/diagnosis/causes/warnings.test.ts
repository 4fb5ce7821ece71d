import { builtinSubject, testPlantings } from '#testing/planting.ts';
import { WARNINGS } from './warnings.ts';

testPlantings(WARNINGS, {
  'retention-near': {
    facts: { subject: builtinSubject({}), consumerLag: { lagMs: 50_000, retentionMs: 60_000, recordsGone: 0 } },
    advises: 'longer retention',
    control: { consumerLag: { lagMs: 40_000, retentionMs: 60_000, recordsGone: 0 } },
  },
});
