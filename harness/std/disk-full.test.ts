import { expect, test } from 'vitest';
import { asDiskFull, freeMb, isDiskFull, requireRoom, watchRoom } from './disk-full.ts';
import { OperatorError } from './errors.ts';

const errno = (code: string) => Object.assign(new Error(`${code}: write`), { code });

test.for([
  ['Node.js', errno('ENOSPC')],
  ['a quota', errno('EDQUOT')],
  ['PostgreSQL', Object.assign(new Error('could not extend file "base/5/1"'), { code: '53100' })],
  ['Java', new Error('java.io.IOException: No space left on device')],
  ['a cause', new Error('the node did not start', { cause: errno('ENOSPC') })],
  ['several at once', new AggregateError([new Error('other'), errno('ENOSPC')], 'several')],
  ['what disposing hid', new SuppressedError(new Error('closing'), errno('ENOSPC'))],
] as const)('a full disk is known by what %s says', ([, error]) => {
  expect(isDiskFull(error)).toBe(true);
  expect(asDiskFull(error, { path: '/', neededMb: 300 })).toMatchObject({
    ...{ code: 'disk-full', exit: 3, expected: '300 MB free' },
    message: 'there is no room left on the disk at /',
  });
});

test('other errors are none', () => {
  for (const error of [errno('EACCES'), new OperatorError({ code: 'timed-out', message: 'waited in vain' }), 'ENOSPC'])
    expect(asDiskFull(error)).toBeUndefined();
});

test('free space is that of the nearest folder that is there', () => {
  expect(freeMb('/no/such/folder/at/all')).toBe(freeMb('/'));
});

test('too little room is said before anything is started, by the place that lacks it', () => {
  expect(() => requireRoom([{ path: '/', neededMb: 1 }])).not.toThrow();
  expect(() =>
    requireRoom([
      { path: '/', neededMb: 1 },
      { path: '/tmp', neededMb: 1e12 },
    ]),
  ).toThrow(/at \/tmp/);
});

test('a watch is quiet while there is room', () => {
  const told: unknown[] = [];
  using watch = watchRoom([{ path: '/', neededMb: 1 }], (failure) => told.push(failure));
  expect(watch.look()).toBeUndefined();
  expect(told).toEqual([]);
});
