import { expect, test } from 'vitest';
import { OperatorError } from '#std/errors.ts';
import { injection, orUndo, spent, unaborted } from './injection.ts';

const evidence = { bit: true, summary: 'it had an effect', figures: {} };

test('a heal runs once, however often and in whatever way it is asked for', async () => {
  let heals = 0;
  const healing = injection({ heal: async () => void heals++, evidence: () => evidence });
  await Promise.all([healing.heal(), healing.heal()]);
  await healing[Symbol.asyncDispose]();
  expect(heals).toBe(1);
});

test('a heal that fails is the same failure for everybody who asks', async () => {
  const failing = injection({ heal: () => Promise.reject(new Error('no')), evidence: () => evidence });
  await expect(failing.heal()).rejects.toThrow('no');
  await expect(failing.heal()).rejects.toThrow('no');
});

test('what is over as soon as it has happened has nothing to heal', async () => {
  const over = spent(() => evidence);
  await over.heal();
  expect(await over.evidence()).toBe(evidence);
});

test('what succeeds is not undone; what fails is undone before it is thrown', async () => {
  const done: string[] = [];
  const undo = async (): Promise<void> => void done.push('undone');
  expect(await orUndo(undo, async () => 1)).toBe(1);
  expect(done).toEqual([]);
  await expect(orUndo(undo, () => Promise.reject(new Error('no')))).rejects.toThrow(/^no$/);
  expect(done).toEqual(['undone']);
});

test('what cannot be undone is said, unless a connector has failed or the abort is why', async () => {
  const error = new Error('no');
  const undone = (why: Error): Promise<unknown> =>
    orUndo(
      () => Promise.reject(why),
      () => Promise.reject(error),
    ).catch((thrown: unknown) => thrown);
  expect(await undone(new Error('gone'))).toMatchObject({
    message: 'no; and it could not be undone: gone',
    cause: error,
  });
  expect(await undone(new OperatorError({ code: 'connector-failed', message: 'it failed' }))).toBe(error);
  expect(await undone(error)).toBe(error);
});

test('an aborted signal is not one to undo anything with', () => {
  const { signal } = new AbortController();
  expect(unaborted(signal)).toBe(signal);
  expect(unaborted(AbortSignal.abort())).toBeUndefined();
});
