import type { OptionTable, Usage } from './arguments.ts';
import { COMMON, HOLD_SECONDS, integer, names, number, REPORT_DIR } from './options.ts';
import { topologyOptions } from './topology.ts';

const testOptions = {
  seed: integer('N', 'seed of all randomness, printed by every run', 0, Number.MAX_SAFE_INTEGER, 'a random one'),
  rate: number(
    'N',
    'transactions per second that the built-in writer aims at',
    0.1,
    100_000,
    'writer.rate of the file, or 100',
  ),
  hold: number('SECONDS', 'how long a fault that lasts is kept up', 0.1, 3600, String(HOLD_SECONDS)),
  operations: integer(
    'N',
    'operations that are written while nothing is broken (fault none)',
    1,
    10_000_000,
    '2000, or as many as a minute takes',
  ),
  only: names('FAULTS', 'faults to bring about, separated by commas', 'all of the file'),
  subjects: names('NAMES', 'subjects to run, separated by commas', 'all of the file'),
  'setup-limit': number('SECONDS', 'how long the SQL files may take to set up a database', 1, 86_400, '600'),
  ...topologyOptions,
  'report-dir': REPORT_DIR,
  ...COMMON,
} as const satisfies OptionTable;

export const testUsage: Usage<typeof testOptions> = {
  command: 'test',
  summary:
    'Runs your own pipeline, as a pipeline file describes it, through the failures that it must survive.\n' +
    'Exit status: 0 as expected, 1 it did not survive, 2 wrong usage or file, 3 could not be judged, 130 interrupted.',
  operands: ['file'],
  options: testOptions,
  examples: [
    'npx driftlab init',
    'npx driftlab test my-pipeline.yaml',
    'npx driftlab test my-pipeline.yaml --only none,restart-connector',
  ],
};
