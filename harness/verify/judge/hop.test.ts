import { describe, expect, test } from 'vitest';
import type { KeyObservation, LogState } from '#model/observation.ts';
import { hopOf, hopOfValues, isAsCaptured } from './hop.ts';

const last = { topic: 't', partition: 0, offset: 7n, op: 'update', lsn: 100n };
const log = (more: Partial<LogState> = {}): LogState => ({
  ...{ last, changeLsn: 100n, expired: false, consumed: true, skipped: false, skippedEarlier: false },
  ...more,
});
const state = (more: Partial<KeyObservation> = {}): KeyObservation => ({
  ...{ key: '["1"]', sink: [], versions: [], log: log() },
  ...more,
});
const without = ({ log: _, ...rest }: KeyObservation): KeyObservation => rest;
const ROW = { id: '1', a: 'x', b: 'y' };
const WRONG = [{ column: 'a', source: 'x', sink: 'z' }];

describe('the hop at which a key went wrong', () => {
  test.each<[string, string, KeyObservation]>([
    ['a change that was not captured', 'source-to-log', state({ ledger: { kind: 'update', captured: false } })],
    ['a row of which the log has nothing', 'source-to-log', without(state({ source: ROW }))],
    ['a row of the sink that neither source nor log has', 'log-to-sink', without(state())],
    ['a record that the consumer jumped over', 'log', state({ log: log({ skipped: true }) })],
    ['a record that expired before it was consumed', 'log', state({ log: log({ expired: true, consumed: false }) })],
    ['one that expired since', 'log-to-sink', state({ log: log({ expired: true }) })],
    ['one that is still there', 'log-to-sink', state({ log: log({ consumed: false }) })],
    ['a row that lacks its insert', 'log', state({ log: log({ skippedEarlier: true }) })],
    ['a row that has it', 'log-to-sink', state({ sink: [ROW], log: log({ skippedEarlier: true }) })],
    ['a change that was captured', 'log-to-sink', state({ ledger: { kind: 'update', captured: true } })],
  ])('of %s is %s', (_, hop, observation) => {
    expect(hopOf(observation)).toBe(hop);
  });
});

describe('the hop at which values went wrong', () => {
  const wrong = (more: Partial<LogState>, rest: Partial<KeyObservation> = {}) =>
    hopOfValues(state({ source: ROW, sink: [{ ...ROW, a: 'z' }], log: log(more), ...rest }), WRONG);

  test('is the capture where the event has just these wrong values', () => {
    expect(wrong({ image: { ...ROW, a: 'z' } })).toBe('source-to-log');
    expect(wrong({ image: { ...ROW, a: 'other' } })).toBe('log-to-sink');
    expect(wrong({ image: ROW })).toBe('log-to-sink');
  });

  test('is the capture where the event lacks the column', () => {
    expect(wrong({ image: { id: '1' }, omitted: ['a'] })).toBe('source-to-log');
    expect(wrong({ image: { id: '1' }, omitted: ['b'] })).toBe('log-to-sink');
    expect(wrong({ image: { id: '1' } })).toBe('log-to-sink');
  });

  test('is the log where the event that had the column never arrived', () => {
    expect(wrong({ image: { id: '1' }, skippedEarlier: true })).toBe('log');
    expect(wrong({ image: ROW, skippedEarlier: true })).toBe('log-to-sink');
    // The verifier's own reader had that event, so it knows the value.
    expect(wrong({ image: ROW, unchanged: ['a'], skippedValues: ['a'] })).toBe('log');
    expect(wrong({ image: ROW, unchanged: ['a', 'b'], skippedValues: ['b'] })).toBe('log-to-sink');
  });

  test('is known only of what was consumed, and of a row that the source has', () => {
    const image = { ...ROW, a: 'z' };
    expect(wrong({ image, consumed: false })).toBe('log-to-sink');
    const { source: _, ...gone } = state({ sink: [image], log: log({ image }) });
    expect(hopOfValues(gone, [])).toBe('log-to-sink');
    expect(wrong({})).toBe('log-to-sink');
    expect(hopOfValues(without(state({ source: ROW })), WRONG)).toBe('source-to-log');
  });

  test('all of them must have gone wrong there', () => {
    const both = [...WRONG, { column: 'b', source: 'y', sink: 'q' }];
    const observation = state({ source: ROW, log: log({ image: { ...ROW, a: 'z' } }) });
    expect(hopOfValues(observation, both)).toBe('log-to-sink');
    const lacking = state({ source: ROW, log: log({ image: { id: '1', b: 'y' }, skippedEarlier: true }) });
    expect(hopOfValues({ ...lacking, sink: [ROW] }, both)).toBe('log-to-sink');
  });
});

describe('a row as the event of its last change has it', () => {
  const image = { ...ROW, a: 'z' };
  const captured = { kind: 'update', captured: true } as const;
  const asCaptured = (more: Partial<LogState>, ledger: KeyObservation['ledger'] = captured) =>
    isAsCaptured(
      state({ source: ROW, log: log({ image, ...more }), ...(ledger === undefined ? {} : { ledger }) }),
      WRONG,
    );

  test('is that, wrong values and all', () => {
    expect(asCaptured({})).toBe(true);
    expect(asCaptured({ image: ROW })).toBe(false);
    expect(asCaptured({ last: { ...last, lsn: 101n } })).toBe(true);
  });

  test('is not, where the event was not consumed, or is not known to be the last change', () => {
    expect(asCaptured({ consumed: false })).toBe(false);
    expect(asCaptured({}, { kind: 'update', captured: false })).toBe(false);
    expect(isAsCaptured(state({ source: ROW, log: log({ image }) }), WRONG)).toBe(false);
    expect(isAsCaptured(without(state({ source: ROW, ledger: captured })), WRONG)).toBe(false);
    expect(asCaptured({ last: { ...last, lsn: 99n } })).toBe(false);
    const { lsn: _, ...unknown } = last;
    expect(asCaptured({ last: unknown })).toBe(false);
  });

  test('is, where no change is known but a snapshot’s read', () => {
    const { changeLsn: _, ...read } = log({ image });
    expect(isAsCaptured(state({ source: ROW, ledger: captured, log: read }), WRONG)).toBe(true);
  });

  test('is not, where the event has no row to compare', () => {
    const { source: _, ...none } = state({ ledger: captured, log: log() });
    expect(isAsCaptured(none, WRONG)).toBe(false);
    expect(isAsCaptured(none, [])).toBe(true);
  });
});
