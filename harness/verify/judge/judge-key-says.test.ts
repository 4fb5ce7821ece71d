import { describe, expect, test } from 'vitest';
import type { Finding } from '#model/finding.ts';
import type { KeyObservation, LogState } from '#model/observation.ts';
import type { Row } from '#model/values.ts';
import { isHarmless, judgeKey } from './judge-key.ts';

const TABLE = 'public.t';
const LAST = { topic: 't', partition: 0, offset: 7n, op: 'update', lsn: 100n };
const row = (value: string | null, other = 'same'): Row => ({ id: '1', value, other });

const log = (more: Partial<LogState> & { readonly op?: string } = {}): LogState => {
  const { op = 'update', ...rest } = more;
  const state = { changeLsn: 100n, expired: false, consumed: true, skipped: false, skippedEarlier: false };
  return { last: { ...LAST, op }, ...state, ...rest };
};
const observed = (more: Partial<KeyObservation>): KeyObservation => ({
  ...{ key: '["1"]', sink: [], versions: [], log: log() },
  ...more,
});
const unlogged = ({ log: _, ...rest }: KeyObservation): KeyObservation => rest;
const said = (more: Partial<KeyObservation>) => judgeKey(TABLE, observed(more)).map(({ detail }) => detail);
const DELETED = { ledger: { kind: 'delete', captured: true } } as const;

describe('a finding', () => {
  test('carries both rows, the event and the hop', () => {
    const observation = observed({ source: row('a'), sink: [row('b')] });
    expect(judgeKey(TABLE, observation)).toStrictEqual([
      {
        anomaly: 'corrupt',
        table: TABLE,
        key: '["1"]',
        hop: 'log-to-sink',
        source: row('a'),
        sink: [row('b')],
        event: LAST,
        differs: [{ column: 'value', source: 'a', sink: 'b' }],
        column: 'value',
        detail: 'wrong value in value: "a" at the source, "b" at the sink.',
      },
    ]);
  });

  test('of a row that the source does not have, and of which the log has nothing, carries neither', () => {
    expect(judgeKey(TABLE, unlogged(observed({ sink: [row('a')] })))).toStrictEqual([
      {
        ...{ anomaly: 'orphan', table: TABLE, key: '["1"]', hop: 'log-to-sink', sink: [row('a')] },
        detail: 'the sink has a row that the source does not have; the log has no event for the row.',
      },
    ]);
  });
});

describe('a row that is lost', () => {
  const source = row('a');

  test('is said to be, with the last event', () => {
    const sentence = 'the row exists at the source, but not at the sink; ';
    expect(said({ source })).toEqual([`${sentence}the last event is update in t/0 at offset 7.`]);
    expect(judgeKey(TABLE, unlogged(observed({ source })))[0]?.detail).toBe(
      `${sentence}the log has no event for the row.`,
    );
    expect(said({ source, log: log({ expired: true }) })).toEqual([
      `${sentence}the last event is update in t/0 at offset 7, which is no longer in the log.`,
    ]);
    expect(said({ source, log: log({ skipped: true }) })).toEqual([
      `${sentence}an event for the row was removed from the log before the consumer read it; the last event is update in t/0 at offset 7.`,
    ]);
    expect(said({ source, ledger: { kind: 'update', captured: false } })).toEqual([
      `${sentence}the last event in the log, update in t/0 at offset 7, is older than the row's last change.`,
    ]);
  });

  test('is one of several, or a version', () => {
    expect(said({ source, sourceCopies: 5, sink: [source, source] })[0]).toMatch(
      /^3 of 5 identical rows are missing at the sink; /,
    );
    expect(said({ source, version: true })[0]).toMatch(/^this version of the row is missing at the sink; /);
  });

  test('because another table’s row has its place', () => {
    expect(
      judgeKey(TABLE, observed({ source, collides: 'public.other', ledger: { kind: 'insert', captured: false } })),
    ).toMatchObject([
      {
        ...{ anomaly: 'lost', hop: 'log-to-sink', collides: 'public.other' },
        detail:
          "the key also exists in public.other, which goes to the same table of the sink: only the row written last is kept; the last event in the log, update in t/0 at offset 7, is older than the row's last change.",
      },
    ]);
  });

  test('of a keyless table, is in the log with other values', () => {
    const image = { id: '1', value: null, other: 'x' };
    expect(said({ source, rowEvents: 1, log: log({ image }) })).toEqual([
      'the row exists at the source, but not at the sink; in the log, value is NULL instead of "a", other is "x" instead of "same"; the last event is update in t/0 at offset 7.',
    ]);
    // Of a row that a key names, the log's values say nothing of why it is not there.
    expect(said({ source, log: log({ image }) })[0]).not.toContain('in the log, ');
    expect(said({ source, rowEvents: 1 })[0]).not.toContain('in the log, ');
    expect(judgeKey(TABLE, unlogged(observed({ source, rowEvents: 1 })))[0]?.hop).toBe('source-to-log');
  });

  test('among those that share a key of their records', () => {
    const recordKey = { values: { customer: '7', region: null }, rows: 2 };
    expect(said({ source, log: log({ recordKey }) })).toEqual([
      'the row exists at the source, but not at the sink; the last event is update in t/0 at offset 7; the record key is not the primary key (message.key.columns, or a transform that sets the key): 2 rows share customer = 7, region = NULL, and a sink that writes by the record key keeps only one of them.',
    ]);
  });
});

describe('a row of the sink alone', () => {
  const two = [row('a'), row('a')];

  test('was never at the source', () => {
    expect(said({ sink: two })[0]).toBe(
      'the sink has 2 rows that the source does not have; the last event is update in t/0 at offset 7.',
    );
    expect(said({ sink: two, version: true })[0]).toMatch(/^the sink has 2 rows that the source never had; /);
  });

  test('was deleted at the source, by the ledger or by the log', () => {
    const sentence = /^the row was deleted at the source, but the sink still has it; the last event is /;
    expect(said({ sink: [row('a')], ...DELETED })[0]).toMatch(sentence);
    expect(said({ sink: [row('a')], log: log({ op: 'delete' }) })[0]).toMatch(sentence);
    expect(judgeKey(TABLE, unlogged(observed({ sink: [row('a')], ...DELETED })))[0]?.detail).toMatch(
      /^the row was deleted at/,
    );
    const insert = { kind: 'insert', captured: true } as const;
    expect(said({ sink: [row('a')], ledger: insert })[0]).toMatch(/that the source does not have/);
  });

  test('came back', () => {
    expect(said({ sink: two, ...DELETED, returned: true })).toEqual([
      'the row was deleted at the source, but the sink has 2 rows of it again; the last event is update in t/0 at offset 7.',
    ]);
    expect(said({ sink: two, ...DELETED, returned: false })[0]).toContain('still has 2 rows');
  });

  test('of a keyless table, is as it was before its change', () => {
    const keyless = { sink: [row('a')], rowEvents: 1 };
    const asBefore = (op: string) => said({ ...keyless, log: log({ op }) })[0];
    expect(asBefore('update')).toBe(
      'the row was changed at the source, but the sink still has the old row; the last event is update in t/0 at offset 7.',
    );
    expect(asBefore('delete')).toMatch(/^the row was deleted at the source, but the sink still has the old row; /);
    expect(asBefore('create')).toContain('that the source does not have');
    expect(asBefore('read')).toContain('that the source does not have');
    expect(said({ ...keyless, log: log({ image: row('a') }) })[0]).toContain('that the source does not have');
    expect(judgeKey(TABLE, unlogged(observed(keyless)))[0]?.detail).toContain('that the source does not have');
    // A row that a key names is not a row as before.
    expect(said({ sink: [row('a')] })[0]).toContain('that the source does not have');
  });
});

describe('a duplicate', () => {
  const source = row('a');

  test('says how many there are, and how many of them are right', () => {
    expect(said({ source, sink: [source, source, row('b')] })).toEqual([
      "the sink has 3 rows where the source has one; 2 of them equal the source's.",
    ]);
    expect(said({ source, sourceCopies: 2, sink: [source, source, source] })).toEqual([
      "the sink has 3 rows where the source has 2; 3 of them equal the source's.",
    ]);
  });

  test('says how often the log has it, where that is more often than the source', () => {
    const copies = { source, sourceCopies: 2, sink: [source, source, source] };
    expect(said({ ...copies, rowEvents: 3 })[0]).toMatch(/; the log has 3 events for it\.$/);
    expect(said({ ...copies, rowEvents: 2 })[0]).not.toContain('the log has');
  });

  test('shows up to five, those first that differ', () => {
    const many = [row('b'), source, source, source, source, source, row('c')];
    const [found] = judgeKey(TABLE, observed({ source, sink: many }));
    expect(found?.sink).toEqual([row('b'), row('c'), source, source, source]);
    expect(found?.copies).toBe(7);
    const [five] = judgeKey(TABLE, observed({ source, sink: many.slice(0, 5) }));
    expect(five?.sink).toEqual(many.slice(0, 5));
    const [orphans] = judgeKey(TABLE, observed({ sink: many }));
    expect(orphans?.sink).toEqual(many.slice(0, 5));
  });

  test('does no harm where all copies are right', () => {
    const found: Finding = { anomaly: 'duplicate', detail: '', source, sink: [source, { ...source, _cdc_lsn: '1' }] };
    expect(isHarmless(found)).toBe(true);
    expect(isHarmless({ ...found, source: { ...source, _cdc_lsn: '9' } })).toBe(true);
    expect(isHarmless({ ...found, anomaly: 'stale' })).toBe(false);
    expect(isHarmless({ ...found, sink: [source, row('b')] })).toBe(false);
    expect(isHarmless({ ...found, sink: [source, { id: '1' }] })).toBe(false);
    const { source: _, ...unknown } = found;
    expect(isHarmless(unknown)).toBe(false);
    const { sink: __, ...unshown } = found;
    expect(isHarmless(unshown)).toBe(true);
  });
});

describe('wrong values', () => {
  test('are those of the row that is nearest', () => {
    const source = row('a');
    const far = { id: '1', value: 'x', other: 'y' };
    const near = row('b');
    for (const sink of [
      [far, near],
      [near, far],
    ])
      expect(judgeKey(TABLE, observed({ source, sourceCopies: 2, sink }))[0]?.differs).toEqual([
        { column: 'value', source: 'a', sink: 'b' },
      ]);
    // Of two that are as near, the first.
    expect(
      judgeKey(TABLE, observed({ source, sourceCopies: 2, sink: [row('b'), row('c')] }))[0]?.differs?.[0]?.sink,
    ).toBe('b');
  });

  test('name each column, and show the first', () => {
    const [found] = judgeKey(TABLE, observed({ source: row('a'), sink: [{ id: '1', value: null, other: 'x' }] }));
    expect(found?.detail).toBe('wrong values in value, other: value is "a" at the source, NULL at the sink.');
    expect(found).not.toHaveProperty('column');
  });

  test('are cut where they are long', () => {
    const sixty = 'x'.repeat(58);
    expect(said({ source: row(sixty), sink: [row('b')] })[0]).toContain(`: "${sixty}" at the source`);
    expect(said({ source: row(`${sixty}y`), sink: [row('b')] })[0]).toContain(
      `: "${sixty}y… (59 characters) at the source`,
    );
  });

  test('of an earlier version are stale', () => {
    const stale = { source: row('c', 'new'), sink: [row('a', 'old')], versions: [row('a', 'old')] };
    expect(said(stale)).toEqual([
      'the sink has an older version of the row, which differs in value, other; the last event is update in t/0 at offset 7.',
    ]);
  });

  test('from before a change that overtook them are reordered', () => {
    const overtook = { topic: 't', partition: 3, offset: 6n, op: 'update', lsn: 95n };
    expect(said({ source: row('c', 'new'), sink: [row('a', 'old')], overtook })).toEqual([
      'the sink applied update in t/3 at offset 6, and then an older event for the row, which left old values in value, other; the last event is update in t/0 at offset 7.',
    ]);
  });
});

describe('whether a row is stale', () => {
  const wrong = { source: row('c', 'z'), sink: [row('a', 'z')] };
  const judged = (more: Partial<KeyObservation>) => judgeKey(TABLE, observed({ ...wrong, ...more }))[0]?.anomaly;

  test('it is, where its last change is not in the log, or was jumped over', () => {
    expect(judged({})).toBe('corrupt');
    expect(judged({ ledger: { kind: 'update', captured: true } })).toBe('corrupt');
    expect(judged({ ledger: { kind: 'update', captured: false } })).toBe('stale');
    expect(judged({ log: log({ skipped: true }) })).toBe('stale');
    expect(judgeKey(TABLE, unlogged(observed(wrong)))[0]?.anomaly).toBe('corrupt');
  });

  test('it is, where all that differs is what the last event left out, as one version had it', () => {
    const both = { source: row('c', 'z'), sink: [row('a', 'y')] };
    const versions = [row('a', 'q'), row('q', 'y')];
    const unchanged = log({ unchanged: ['value', 'other'] });
    expect(judged({ ...both, log: unchanged, versions: [{ ...row('a', 'y'), id: '2' }] })).toBe('stale');
    // Each column as another version had it is no version's row.
    expect(judged({ ...both, log: unchanged, versions })).toBe('corrupt');
    expect(judged({ ...both, log: log({ unchanged: ['value'] }), versions: [{ ...row('a', 'y'), id: '2' }] })).toBe(
      'corrupt',
    );
  });

  test('it is, where the row says that it is from before the last change', () => {
    const { changeLsn: _, ...unchanged } = log();
    expect(judged({ sinkLsn: [99n] })).toBe('stale');
    expect(judged({ sinkLsn: [101n] })).toBe('corrupt');
    expect(judged({ sinkLsn: [undefined] })).toBe('corrupt');
    expect(judged({ sinkLsn: [99n], log: unchanged })).toBe('corrupt');
    expect(judgeKey(TABLE, unlogged(observed({ ...wrong, sinkLsn: [99n] })))[0]?.anomaly).toBe('corrupt');
  });
});
