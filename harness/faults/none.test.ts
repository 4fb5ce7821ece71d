import { expect, test } from 'vitest';
import type { FaultContext } from '#model/fault.ts';
import { OperatorError } from '#std/errors.ts';
import { none } from './none.ts';

/** A run in which the writers make so many operations before each look, and give up after some looks. */
function context(perLook: number, looks: number) {
  const writers = { made: 10, committed: 0 };
  const held: number[] = [];
  const made: Pick<FaultContext, 'holdMs' | 'until' | 'hold' | 'say'> = {
    holdMs: 3000,
    hold: async (_, ms) => void held.push(ms),
    say() {},
    async until(what, condition) {
      for (let look = 0; look < looks; look++) {
        writers.made += perLook;
        if (await condition()) return;
      }
      throw new OperatorError({ code: 'timed-out', message: `waited in vain for ${what}` });
    },
  };
  return { held, context: { ...made, writers } as unknown as FaultContext };
}

test('nothing is broken until so many operations are written, and at least for --hold', async () => {
  const { held, context: run } = context(700, 10);
  const { summary, figures } = await (await none({ operations: 2000, limitMs: 1 }).inject(run)).evidence();
  expect(held).toEqual([3000]);
  expect(summary).toBe('nothing was broken while 2100 operations were written');
  expect(figures).toEqual({ operations_written: 2100, operations_wanted: 2000 });
});

test('writers that are slower write what they can, and the report says how much that was', async () => {
  const { context: run } = context(5, 3);
  const { bit, summary } = await (await none({ operations: 2000, limitMs: 60_000 }).inject(run)).evidence();
  expect(bit).toBe(true);
  expect(summary).toContain('15 of 2000 operations were written in 60 s');
});

test('a writer that has failed ends the wait with its failure', async () => {
  const { context: run } = context(5, 3);
  const failed = new OperatorError({ code: 'writer-ended', message: 'the writer exited' });
  Object.defineProperty(run.writers, 'committed', {
    get() {
      throw failed;
    },
  });
  await expect(none({ operations: 2000, limitMs: 1 }).inject(run)).rejects.toBe(failed);
});
