import { expect, test } from 'vitest';
import { networkFault } from './trigger.ts';

test.each([
  ['source,connect', 'cut', 'source-connect', 'cut'],
  ['connect,source', 'cut', 'source-connect', 'cut'],
  ['consumer,sink', 'one-way', 'consumer-sink', 'one-way'],
  ['sink,consumer', 'one-way', 'consumer-sink', 'one-way-back'],
  ['broker,broker', 'reset', 'broker-broker', 'reset'],
])('between %s, %s is the step %s/%s', (between, step, mode, wanted) => {
  expect(networkFault(between.split(','), step)).toEqual({ mode, step: wanted });
});

test.each(['source,sink', 'source', 'connect,connect', 'broker', 'source,connect,broker'])(
  'between %s there is nothing to cut',
  (between) => {
    expect(() => networkFault(between.split(','), 'cut')).toThrow('do not talk to each other');
  },
);
