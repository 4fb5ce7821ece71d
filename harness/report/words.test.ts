import { expect, test } from 'vitest';
import {
  anomaliesText,
  duration,
  expectationText,
  figureText,
  hopText,
  inPartText,
  keyText,
  seenText,
  sentence,
} from './words.ts';

test('durations are told in the unit that a person would use', () => {
  expect([0, 999, 1000, 59_940, 72_000].map(duration)).toEqual(['0 ms', '999 ms', '1.0 s', '59.9 s', '1 min 12 s']);
});

test('figures lose the unit in their name to the text', () => {
  expect(figureText('down_ms', 2210)).toEqual({ label: 'down', text: '2.2 s' });
  expect(figureText('events_replayed', 12_345)).toEqual({ label: 'events replayed', text: '12,345' });
  expect(figureText('position', '0/1A2B')).toEqual({ label: 'position', text: '0/1A2B' });
});

test('anomalies stand in the order of their classes, and those of which there are none are left out', () => {
  expect(anomaliesText({ stale: 2, lost: 1500, orphan: 0 })).toBe('lost 1,500, stale 2');
});

test('an expectation names what must show, then what may', () => {
  expect(expectationText({ kind: 'converges' })).toBe('converges');
  expect(expectationText({ kind: 'shows', must: ['lost', 'stale'], may: ['orphan'] })).toBe(
    'lost + stale (may: orphan)',
  );
  expect(expectationText({ kind: 'shows', must: [], may: ['stale'] })).toBe('may show stale');
});

test('what could not be judged says why, and never looks like convergence', () => {
  expect(seenText('PASS', {})).toBe('converged');
  expect(seenText('UNKNOWN', {}, 'the sink was gone')).toBe('not judged: the sink was gone');
  expect(seenText('SYNC_IN_PROGRESS', {})).toBe('still catching up');
  expect(seenText('FAIL', {})).toBe('FAIL');
});

test('keys are shown as their parts', () => {
  expect(keyText('["eu","9"]')).toBe('eu / 9');
  expect(keyText('[null]')).toBe('NULL');
  expect(keyText('not ours')).toBe('not ours');
});

test('a text becomes one sentence, and one that is a sentence stays as it is', () => {
  expect(sentence('the sink has 2 rows')).toBe('The sink has 2 rows.');
  expect(sentence('It bit.')).toBe('It bit.');
  expect(sentence('')).toBe('');
});

test('transactions in part are told where there are some', () => {
  expect([inPartText(undefined), inPartText(0), inPartText(1), inPartText(4)]).toEqual([
    ...['', '', '1 transaction partially applied', '4 transactions partially applied'],
  ]);
});

test('a hop says what happened there, as far as the class tells', () => {
  expect(hopText('source-to-log', 'lost')).toBe('between source and log: the change was not captured');
  expect(hopText('source-to-log', 'corrupt')).toBe('between source and log: the value was altered at capture');
  expect(hopText('source-to-log', 'stalled')).toBe('between source and log: capture has stopped');
  expect(hopText('log-to-sink', 'corrupt')).toBe(
    'between log and sink: the event was consumed, but not applied, or applied incorrectly',
  );
  expect(hopText('log-to-sink', 'stalled')).toBe('between log and sink: the consumer has stopped');
  expect(hopText('log-to-sink', 'duplicate')).toBe('between log and sink: the row was written more than once');
  expect(hopText('log', 'lost')).toBe('in the log: the event was removed before it was consumed');
});
