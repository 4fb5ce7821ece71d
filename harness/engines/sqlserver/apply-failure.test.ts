import { expect, test } from 'vitest';
import { failureOf } from './apply-failure.ts';
import { Unstorable } from './input-text.ts';

const of = (more: object): unknown => Object.assign(new Error('said'), more);

test.each([
  [of({ number: 2627 }), 'data'],
  [of({ number: 547 }), 'data'],
  [of({ number: 8115 }), 'data'],
  [new Unstorable('x'), 'data'],
  [of({ number: 1205 }), 'unavailable'],
  [of({ number: 9002 }), 'unavailable'],
  [of({ number: 64, class: 20 }), 'unavailable'],
  [of({ number: 208 }), 'other'],
  [of({ number: 229 }), 'other'],
  [of({ code: 'ESOCKET', number: 'ESOCKET' }), 'unavailable'],
  [of({ code: 'ECONNRESET', number: 'ECONNRESET' }), 'unavailable'],
  [of({ code: 'ETIMEOUT' }), 'unavailable'],
  [of({ code: 'EPARAM' }), 'other'],
  [new Error('Pool is closed.'), 'other'],
])('%o', (error, failure) => {
  expect(failureOf(error)).toBe(failure);
});
