import { findingOf } from '#testing/diagnosis-facts.ts';
import { eventOf, testPlantings } from '#testing/planting.ts';
import { REPLICAS } from './replicas.ts';

const fault = (kind: string, records_lost: number) => ({
  fault: { kind, bit: records_lost > 0, figures: { records_lost } },
});
const uncaptured = { findings: [findingOf('lost', { hop: 'source-to-log' })] };

testPlantings(REPLICAS, {
  'unclean-election': {
    facts: { ...fault('unclean-election', 312), ...uncaptured },
    advises: 'min.insync.replicas=2',
    control: fault('unclean-election', 0),
    also: {
      'where a later update left a large value as it was, whose change is lost': {
        facts: { findings: [findingOf('corrupt', eventOf('update'))] },
        says: '312 records are gone',
      },
    },
    controls: [fault('kill-broker', 3), { findings: [findingOf('lost', eventOf('create'))] }],
  },
});
