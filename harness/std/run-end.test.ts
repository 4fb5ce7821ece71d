import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { OperatorError } from './errors.ts';
import { asFailure, catchUncaught, endRun, onRunFailure } from './run-end.ts';

test('an error from an event handler ends the run that is going on, and is thrown where none is', () => {
  const told: OperatorError[] = [];
  {
    using _listening = onRunFailure((failure) => told.push(failure));
    endRun(new Error('the socket broke'));
  }
  expect(told).toMatchObject([{ code: 'bug', exit: 3 }]);
  expect(() => endRun(new Error('again'))).toThrow(/again/);
  expect(told).toHaveLength(1);
});

test('a full disk is told by its place, what is meant for people stays as it is, all else is a bug with its stack', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', path: '/data/x' });
  expect(asFailure(full)).toMatchObject({ code: 'disk-full', exit: 3, message: expect.stringContaining('/data/x') });
  const usage = new OperatorError({ code: 'wrong-value', message: 'no' });
  expect(asFailure(usage)).toBe(usage);
  expect(asFailure(new TypeError('x is undefined')).found).toMatch(/run-end\.test/);
});

test('what nothing catches ends a run in order, and the process at once where no run is going on', () => {
  const source = new EventEmitter();
  const atOnce: OperatorError[] = [];
  const told: OperatorError[] = [];
  catchUncaught(source as unknown as Pick<NodeJS.Process, 'on'>, (failure) => atOnce.push(failure));

  source.emit('uncaughtException', new Error('outside of a run'));
  {
    using _listening = onRunFailure((failure) => told.push(failure));
    source.emit('unhandledRejection', new Error('within a run'));
  }

  expect(atOnce).toMatchObject([{ message: expect.stringContaining('outside of a run') }]);
  expect(told).toMatchObject([{ message: expect.stringContaining('within a run') }]);
});
