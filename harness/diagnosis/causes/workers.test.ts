import { findingOf } from '#testing/diagnosis-facts.ts';
import { eventOf, programSubject, sinkSubject, testPlantings } from '#testing/planting.ts';
import { WORKERS } from './workers.ts';

const fault = (kind: string, worker: string, bit = true) => ({
  fault: { kind, bit, figures: { worker, tasks_twice: 2 } },
});
const stale = { findings: [findingOf('stale', eventOf('update'))] };

testPlantings(WORKERS, {
  'zombie-sink-task': {
    facts: { subject: sinkSubject(), ...fault('zombie-worker', 'connect-sink-2'), ...stale },
    advises: 'refuse what is older than the row',
    control: fault('kill-worker', 'connect-sink-2'),
    controls: [
      fault('zombie-worker', 'connect-2'),
      fault('zombie-worker', 'connect-sink-2', false),
      { subject: programSubject() },
      { findings: [findingOf('stale', { hop: 'source-to-log' })] },
    ],
  },
});
