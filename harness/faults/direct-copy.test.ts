import { expect, test } from 'vitest';
import {
  order,
  type ScriptedPipeline,
  type ScriptedWorld,
  type ScriptOptions,
  scriptPipeline,
} from '#testing/scripted-pipeline.ts';
import { directCopy } from './direct-copy.ts';

const consumers = { dedup: {}, upsert: {} };
const fault = directCopy({ table: 'orders', rows: 3, overtaken: 2 });
const rows = [{ id: '1' }, { id: '2' }, { id: '3' }];

/** Rows that the job has read change; what is waited for next then comes, a look later. */
const overtaking = (script: () => ScriptedPipeline) => (world: ScriptedWorld) => {
  const waiting = script().done.at(-1) ?? '';
  const id = world.operations.length + 1;
  if (waiting.includes('live changes')) {
    world.operations.push(order(id));
    world.end += 1n;
  } else if (waiting.includes('captured')) world.held.add(order(2).key);
  else world.applied = world.end;
};

function scripted(options: ScriptOptions = {}): ScriptedPipeline {
  const script: ScriptedPipeline = scriptPipeline({ ...options, onLook: overtaking(() => script) });
  script.world.rows = rows;
  return script;
}

test('a job reads rows, live changes of them arrive at every sink, and only then it writes what it read', async () => {
  const script = scripted({ consumers });
  const injected = await fault.inject(script.context);
  expect(script.done).toEqual([
    '3 rows of orders read',
    'wait for live changes to the rows that the job has read',
    'wait for the last change to be captured',
    'wait for every variant to apply the changes so far',
    'dedup: 3 rows into orders as read at 9',
    'upsert: 3 rows into orders as read at 9',
  ]);
  expect([script.world.applied, script.world.held.size]).toEqual([102n, 1]);
  expect(script.said).toEqual(['a job wrote 3 rows into each sink; 2 of them had changed since it read them']);
  expect(await injected.evidence()).toEqual({
    bit: true,
    summary:
      'a job copied 3 rows into every sink; 2 of them had changed since it read them, and those changes were already applied',
    figures: { rows_read: 3, rows_changed_since: 2, rows_written_in_all: 6 },
  });
  expect(fault.needs).toEqual(['sink-write']);
});

test('changes of other rows, and those that failed, overtake nothing: no sink is written', async () => {
  const script = scriptPipeline({
    onLook: ({ operations }) => {
      operations.push(order(7), { ...order(1), outcome: 'failed' }, { ...order(2), table: 'public.items' });
    },
  });
  script.world.rows = rows;
  await expect(fault.inject(script.context)).rejects.toMatchObject({ found: '0 of 2 rows' });
  expect(script.done.at(-1)).toBe('wait for live changes to the rows that the job has read');
});

test('where nobody needs to have changed a row, and nobody has, it is no effect', async () => {
  const script = scriptPipeline();
  script.world.rows = rows;
  const { evidence } = await directCopy({ table: 'orders', rows: 3, overtaken: 0 }).inject(script.context);
  expect(await evidence()).toMatchObject({ bit: false, figures: { rows_read: 3, rows_changed_since: 0 } });
});

test('a table that the source does not have is refused, and an abort writes into no sink', async () => {
  const other = directCopy({ table: 'items', rows: 3, overtaken: 2 });
  await expect(other.inject(scriptPipeline().context)).rejects.toThrow('the source has no table public.items');

  const script = scripted({ abortIn: 'every variant' });
  await expect(fault.inject(script.context)).rejects.toBe(script.reason);
  expect(script.done.filter((step) => step.includes('rows into'))).toEqual([]);
});
