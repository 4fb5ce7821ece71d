import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KeyObservation, LogState } from '#model/observation.ts';
import type { Row } from '#model/values.ts';
import { judgeKey } from './judge-key.ts';
import { surplusOf } from './tally.ts';

const TABLE = 'public.t';
const row = (value: string, other = 'same'): Row => ({ id: '1', value, other });

function log(more: Partial<LogState> & { op?: string } = {}): LogState {
  const { op = 'update', ...rest } = more;
  return {
    last: { topic: 't', partition: 0, offset: 7n, op, lsn: 100n },
    changeLsn: 100n,
    expired: false,
    consumed: true,
    skipped: false,
    skippedEarlier: false,
    ...rest,
  };
}

function observed(more: Partial<KeyObservation>): KeyObservation {
  return { key: '["1"]', sink: [], versions: [], log: log(), ...more };
}

const judged = (more: Partial<KeyObservation>) =>
  judgeKey(TABLE, observed(more)).map(({ anomaly, hop, differs }) => [
    anomaly,
    hop,
    ...(differs?.map((one) => one.column) ?? []),
  ]);

describe('one key, three states', () => {
  test('equal rows are right', () => {
    expect(judged({ source: row('a'), sink: [{ ...row('a'), _cdc_lsn: '5' }] })).toEqual([]);
    expect(judged({})).toEqual([]);
  });

  test('a row without a counterpart is lost, at the first hop where it is missing', () => {
    const source = row('a');
    expect(judged({ source })).toEqual([['lost', 'log-to-sink']]);
    expect(judgeKey(TABLE, { key: '["1"]', source, sink: [], versions: [] })[0]?.hop).toBe('source-to-log');
    expect(judged({ source, ledger: { kind: 'update', captured: false } })).toEqual([['lost', 'source-to-log']]);
    expect(judged({ source, log: log({ skipped: true }) })).toEqual([['lost', 'log']]);
    expect(judged({ source, log: log({ skippedEarlier: true }) })).toEqual([['lost', 'log']]);
    expect(judged({ source, log: log({ expired: true, consumed: false }) })).toEqual([['lost', 'log']]);
    expect(judged({ source, log: log({ expired: true }) })).toEqual([['lost', 'log-to-sink']]);
  });

  test('of many copies five are shown, with one that differs, and all are counted', () => {
    const source = row('a');
    const same = Array.from({ length: 8 }, () => ({ ...source }));
    const [harmless] = judgeKey(TABLE, observed({ source, sink: same }));
    expect(harmless).toMatchObject({ anomaly: 'duplicate', sink: same.slice(0, 5), copies: 8 });
    expect(harmless === undefined ? undefined : surplusOf(harmless)).toBe(7);
    const [bad] = judgeKey(TABLE, observed({ source, sink: [...same, row('b')] }));
    expect(bad).toMatchObject({
      copies: 9,
      detail: expect.stringContaining('9 rows where the source has one; 8 of them'),
    });
    expect(bad?.sink).toContainEqual(row('b'));
    expect(bad === undefined ? 0 : surplusOf(bad)).toBeUndefined();
    expect(judgeKey(TABLE, observed({ source, sink: same.slice(0, 5) }))[0]).not.toHaveProperty('copies');
  });

  test('a row of the sink alone is an orphan, or resurrected if it was deleted and gone', () => {
    const sink = [{ ...row('a'), _cdc_lsn: null }];
    const deleted = { sink, log: log({ op: 'delete' }), ledger: { kind: 'delete', captured: true } } as const;
    expect(judged({ sink })).toEqual([['orphan', 'log-to-sink']]);
    // Nobody saw it gone, and nobody noted that it went: it may have been there all the time.
    expect(judged(deleted)).toEqual([['orphan', 'log-to-sink']]);
    expect(judged({ ...deleted, sink: [row('a')], returned: true })).toEqual([['resurrected', 'log-to-sink']]);
    expect(judged({ ...deleted, returned: true })).toEqual([['resurrected', 'log-to-sink']]);
    expect(judged({ ...deleted, ledger: { kind: 'delete', captured: false } })).toEqual([['orphan', 'source-to-log']]);
    expect(judged({ ...deleted, log: log({ op: 'delete', skipped: true }) })).toEqual([['orphan', 'log']]);
    expect(judged({ ...deleted, log: log({ op: 'truncate' }), returned: true })).toEqual([
      ['resurrected', 'log-to-sink'],
    ]);
  });

  test('several rows for one are a duplicate; if none of them is right, that is said too', () => {
    const source = row('a');
    expect(judged({ source, sink: [row('a'), row('a')] })).toEqual([['duplicate', 'log-to-sink']]);
    expect(judged({ source, sink: [row('b'), row('a')] })).toEqual([['duplicate', 'log-to-sink']]);
    expect(judged({ source, sink: [row('b'), row('b')] })).toEqual([
      ['duplicate', 'log-to-sink'],
      ['corrupt', 'log-to-sink', 'value'],
    ]);
  });

  test('an earlier version is stale, whatever LSN the row claims', () => {
    const stale = { source: row('c'), sink: [row('a')], versions: [row('a'), row('b')] };
    expect(judged(stale)).toEqual([['stale', 'log-to-sink', 'value']]);
    expect(judged({ ...stale, sinkLsn: [999n] })).toEqual([['stale', 'log-to-sink', 'value']]);
  });

  test('a row as the event of its last change has it is no earlier one, though the capture altered both alike', () => {
    const masked = { source: row('c'), sink: [row('*')], versions: [row('*'), row('*')] };
    const event = log({ image: row('*') });
    const ledger = { kind: 'update', captured: true } as const;
    expect(judged({ ...masked, log: event, ledger })).toEqual([['corrupt', 'source-to-log', 'value']]);
    // Of a change that was not captured the last event is an older one's.
    expect(judged({ ...masked, log: event, ledger: { ...ledger, captured: false } })).toEqual([
      ['stale', 'source-to-log', 'value'],
    ]);
    // The same of a row that was read again from before its last change.
    const again = { ...event, last: { ...event.last, lsn: 90n } };
    expect(judged({ ...masked, log: again, ledger })[0]?.[0]).toBe('stale');
  });

  test('a row that says it is older than the last change is stale, though the version is forgotten', () => {
    expect(judged({ source: row('c'), sink: [row('a')], sinkLsn: [99n] })).toEqual([['stale', 'log-to-sink', 'value']]);
    expect(judged({ source: row('c'), sink: [row('a')], sinkLsn: [100n] })).toEqual([
      ['corrupt', 'log-to-sink', 'value'],
    ]);
  });

  test('an older row over a newer one that the sink had before is reordered, also where its values say stale', () => {
    const overtook = { topic: 't', partition: 0, offset: 6n, op: 'update', lsn: 95n };
    const older = { source: row('c'), sink: [row('a')], versions: [row('a'), row('b')], sinkLsn: [90n] };
    expect(judged({ ...older, overtook })).toEqual([['reordered', 'log-to-sink', 'value']]);
    expect(judged(older)).toEqual([['stale', 'log-to-sink', 'value']]);
    expect(judged({ ...older, sink: [row('c')], overtook })).toEqual([]);
  });

  test('an old value in a column that the last event left out is stale; any other value there is corrupt', () => {
    const left = {
      source: row('c', 'new'),
      versions: [row('a', 'old'), row('b', 'new')],
      log: log({ unchanged: ['other'] }),
    };
    expect(judged({ ...left, sink: [row('c', 'old')] })).toEqual([['stale', 'log-to-sink', 'other']]);
    expect(judged({ ...left, sink: [row('c', 'odd')] })).toEqual([['corrupt', 'log-to-sink', 'other']]);
    expect(judged({ ...left, sink: [row('c', 'old')], log: log() })).toEqual([['corrupt', 'log-to-sink', 'other']]);
  });

  test('a version from before a column existed proves nothing of that column', () => {
    const source = { ...row('a'), tier: 'gold' };
    const sink = [{ ...row('a'), tier: null }];
    expect(judged({ source, sink, versions: [row('a')] })).toEqual([['corrupt', 'log-to-sink', 'tier']]);
    expect(judged({ source: { ...source, value: 'b' }, sink, versions: [row('a')] })).toEqual([
      ['stale', 'log-to-sink', 'value', 'tier'],
    ]);
  });

  test('a wrong value that the event has as well was damaged at the capture', () => {
    const wrong = { source: row('a'), sink: [row('x')] };
    expect(judged({ ...wrong, log: log({ image: row('x') }) })).toEqual([['corrupt', 'source-to-log', 'value']]);
    expect(judged({ ...wrong, log: log({ image: row('a') }) })).toEqual([['corrupt', 'log-to-sink', 'value']]);
    const without = log({ image: { id: '1', other: 'same' }, omitted: ['value'] });
    expect(judged({ ...wrong, log: without })).toEqual([['corrupt', 'source-to-log', 'value']]);
    const placeholder = log({ image: { id: '1', other: 'same' }, skippedEarlier: true });
    expect(judged({ ...wrong, log: placeholder })).toEqual([['corrupt', 'log', 'value']]);
  });
});

describe('rows that no key names', () => {
  const said = (more: Partial<KeyObservation>) =>
    judgeKey(TABLE, observed(more)).map(({ anomaly, hop, detail }) => [anomaly, hop, detail]);

  test('a row of which the log has an event is not said to be missing there', () => {
    expect(said({ ...{ rowEvents: 1, source: row('a') }, log: log({ op: 'create', image: row('a') }) })).toEqual([
      [
        'lost',
        'log-to-sink',
        'the row exists at the source, but not at the sink; the last event is create in t/0 at offset 7.',
      ],
    ]);
  });

  test('a row that the log has with other values was altered at the capture', () => {
    expect(said({ ...{ rowEvents: 1, source: row('a') }, log: log({ op: 'create', image: row('b') }) })[0]).toEqual([
      ...['lost', 'source-to-log'],
      expect.stringContaining('in the log, value is "b" instead of "a"'),
    ]);
  });

  test('a row that the source has changed since is an orphan, and is told as that', () => {
    const changed = { rowEvents: 1, sink: [row('a')], log: log({ op: 'update' }) };
    expect(said(changed)).toEqual([
      [
        'orphan',
        'log-to-sink',
        expect.stringContaining('the row was changed at the source, but the sink still has the old row'),
      ],
    ]);
    expect(said({ ...changed, log: log({ op: 'create', image: row('a') }) })[0]?.[2]).toContain(
      'that the source does not have',
    );
  });

  test('as many rows as events of one are told with them', () => {
    const twice = { rowEvents: 2, source: row('a'), sink: [row('a'), row('a')] };
    expect(said(twice)[0]?.[2]).toContain('; the log has 2 events for it.');
  });
});

test('rows that share the key of their records are told to', () => {
  const recordKey = { values: { customer: '7' }, rows: 3 };
  const [lost] = judgeKey(TABLE, observed({ source: row('a'), log: log({ recordKey }) }));
  expect(lost).toMatchObject({ anomaly: 'lost', hop: 'log-to-sink' });
  expect(lost?.detail).toContain('3 rows share customer = 7,');
  const [alone] = judgeKey(TABLE, observed({ source: row('a'), log: log({ recordKey: { ...recordKey, rows: 1 } }) }));
  expect(alone?.detail).not.toContain('customer');
});

const text = fc.oneof(
  fc.constant(null),
  fc.constantFrom('', 'NULL', 'a', 'é', 'e\u0301', ' a'),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
);
const anyRow = fc.record({ id: fc.constant('1'), a: text, b: text, c: text });

describe('whatever the rows', () => {
  test('a sink with the source’s row and nothing else is right; with anything else it is not', () => {
    fc.assert(
      fc.property(
        anyRow,
        fc.array(anyRow, { maxLength: 3 }),
        fc.array(anyRow, { maxLength: 3 }),
        (source, sink, versions) => {
          const findings = judgeKey(TABLE, observed({ source, sink, versions }));
          const same =
            sink.length === 1 && ['a', 'b', 'c'].every((name) => sink[0]?.[name as 'a'] === source[name as 'a']);
          expect(findings.length === 0).toBe(same);
        },
      ),
    );
  });

  test('damage to columns is corrupt in just these columns, unless an earlier version explains the row', () => {
    fc.assert(
      fc.property(
        anyRow,
        fc.subarray(['a', 'b', 'c'] as const, { minLength: 1 }),
        fc.array(anyRow),
        (source, columns, versions) => {
          const sink: Record<string, string | null> = { ...source };
          for (const name of columns) sink[name] = `${source[name] ?? ''}!`;
          const [finding, ...more] = judgeKey(TABLE, observed({ source, sink: [sink], versions }));
          const explained = versions.some((version) =>
            ['a', 'b', 'c'].every((name) => version[name as 'a'] === sink[name]),
          );
          expect(more).toEqual([]);
          expect(finding?.anomaly).toBe(explained ? 'stale' : 'corrupt');
          expect(finding?.differs?.map((one) => one.column)).toEqual(columns);
        },
      ),
    );
  });

  test('every finding says where, and what to do', () => {
    fc.assert(
      fc.property(
        fc.option(anyRow, { nil: undefined }),
        fc.array(anyRow, { maxLength: 3 }),
        fc.boolean(),
        fc.boolean(),
        (source, sink, captured, skipped) => {
          const observation = observed({ sink, ledger: { kind: 'update', captured }, log: log({ skipped }) });
          for (const finding of judgeKey(TABLE, { ...observation, ...(source === undefined ? {} : { source }) })) {
            expect(finding).toMatchObject({
              table: TABLE,
              key: '["1"]',
              hop: expect.any(String),
            });
            expect(finding.detail).toMatch(/\.$/);
          }
        },
      ),
    );
  });
});
