import { expect, test } from 'vitest';
import { recordingDatabase } from '#testing/tsql/recording.ts';
import { passOver } from './pass-over.ts';

test.each([
  ['pairs', '[sales].[driftlab_pass_pairs]'],
  ['p'.repeat(128), expect.stringMatching(/^\[sales\]\.\[driftlab_pass_[0-9a-f]{20}\]$/)],
])('the trigger of a table of any name has one that the server takes', async (name, trigger) => {
  const sink = recordingDatabase([['FROM sys.columns', [{ name: 'id' }, { name: 'note' }]]]);
  await passOver.prepare(sink as never, [{ table: `sales.${name}`, column: 'id' }]);
  const [made = ''] = sink.asked.filter((sql) => sql.startsWith('CREATE OR ALTER TRIGGER'));
  expect(/TRIGGER (\S+) ON \[sales\]\.\[p/.exec(made)?.[1]).toEqual(trigger);
});
