import { describe, expect, test } from 'vitest';
import type { Table } from '#model/catalog.ts';
import type { Fact, KeyObservation, LogState } from '#model/observation.ts';
import { openFactJudge } from './judge-facts.ts';

const table = (name: string, ...columns: readonly string[]): Table => ({
  ...{ schema: 'shop', name, key: ['id'] },
  columns: ['id', ...columns].map((one) => ({ name: one, type: 'text', nullable: false, generated: false })),
});
const columns = (name = 'a', more: Partial<Extract<Fact, { type: 'columns' }>> = {}): Fact => ({
  ...{ type: 'columns', source: table(name), sink: table(name) },
  ...more,
});
const rows = (name = 'a'): Fact => ({ type: 'rows', table: `shop.${name}`, sourceRows: 9, sinkRows: 8 });
const LAG = { records: 3, ms: 40 };
const END: Fact = { type: 'end', lag: LAG };

const last = { topic: 't', partition: 0, offset: 7n, op: 'create', lsn: 100n, txn: '812' };
const log = (more: Partial<LogState> = {}): LogState => ({
  ...{ last, changeLsn: 100n, expired: false, consumed: true, skipped: false, skippedEarlier: false },
  ...more,
});
/** A row that the sink lacks. */
const lost = (key: string, more: Partial<KeyObservation> = {}, name = 'a'): Fact => ({
  ...{ type: 'key', table: `shop.${name}` },
  state: { ...{ key, source: { id: key }, sink: [], versions: [], log: log() }, ...more },
});
const unlogged = (key: string, more: Partial<KeyObservation> = {}): Fact => {
  const { log: _, ...state } = { key, source: { id: key }, sink: [], versions: [], log: 0, ...more };
  return { type: 'key', table: 'shop.a', state };
};
const stalled = (hop: 'source-to-log' | 'log-to-sink', more: { readonly uncaptured?: true } = {}): Fact => ({
  ...{ type: 'cut', cutLsn: '0/1', starts: {}, ends: {}, applied: {}, ledgerSeq: 0 },
  stalled: { hop, reason: 'it ended', ...more },
});

function judged(...facts: readonly Fact[]) {
  const judge = openFactJudge('upsert');
  for (const fact of facts) judge.take(fact);
  return judge;
}
const verdict = (...facts: readonly Fact[]) => judged(...facts).verdict();

describe('what is judged', () => {
  test('is all that the check saw, and nothing else', () => {
    expect(verdict(columns(), rows(), END)).toStrictEqual({
      ...{ variant: 'upsert', verdict: 'PASS', counts: {}, inFlight: 0, lag: LAG, findings: [] },
      tables: [{ table: 'shop.a', verdict: 'PASS', sourceRows: 9, sinkRows: 8, inFlight: 0, counts: {} }],
    });
  });

  test('ends with the last fact', () => {
    expect(judged(columns()).ended).toBe(false);
    expect(judged(columns(), END).ended).toBe(true);
    expect(verdict(columns(), { type: 'unjudged', reason: 'why' }, END)).toMatchObject({
      verdict: 'UNKNOWN',
      lag: LAG,
    });
  });

  test('are the columns, where the sink has the table', () => {
    const wide = { source: table('a', 'tier') };
    expect(verdict(columns('a', wide), rows(), END).counts).toEqual({ 'missing-column': 1 });
    const none: Fact = { type: 'columns', ...wide };
    expect(verdict(none, rows(), END).counts).toEqual({});
  });

  test('has notes of how types are compared, each once', () => {
    const notes = ['by value', 'as real'];
    expect(verdict(columns('a', { notes }), columns('b', { notes }), rows(), rows('b'), END).notes).toEqual(notes);
    expect(verdict(columns(), rows(), END)).not.toHaveProperty('notes');
  });

  test('has the number of transactions that were applied in part', () => {
    expect(verdict(columns(), rows(), { ...END, partialTransactions: 2 } as Fact).partialTransactions).toBe(2);
    expect(verdict(columns(), rows(), END)).not.toHaveProperty('partialTransactions');
  });

  test('are the invariants', () => {
    const invariant: Fact = { type: 'invariant', id: 'i', text: 'sums agree', count: 1, violations: [] };
    expect(verdict(columns(), rows(), invariant, END).counts).toEqual({ invariant: 1 });
  });

  test('is nothing where one table was not fully compared', () => {
    expect(verdict(columns(), columns('b'), rows('b'), END)).toMatchObject({
      verdict: 'UNKNOWN',
      reason: 'shop.a was not fully compared',
      lag: LAG,
    });
    expect(verdict(END).lag).toEqual(LAG);
  });

  test('is the rest where one table could not be compared', () => {
    const unjudged: Fact = { type: 'unjudged', table: 'shop.b', reason: 'b has no key' };
    expect(verdict(columns(), rows(), unjudged, END)).toMatchObject({
      verdict: 'UNKNOWN',
      reason: 'b has no key',
      tables: [{ table: 'shop.a', verdict: 'PASS' }],
    });
  });
});

describe('a key', () => {
  const counts = (...facts: readonly Fact[]) => {
    const { counts: found, inFlight } = verdict(columns(), ...facts, rows(), END);
    return { found, inFlight };
  };

  test('that the consumer has not passed is in flight, unless it can never be passed', () => {
    expect(counts(lost('1', { log: log({ consumed: false }) }))).toEqual({ found: {}, inFlight: 1 });
    expect(counts(lost('1', { log: log({ consumed: false, expired: true }) }))).toEqual({
      found: { lost: 1 },
      inFlight: 0,
    });
    expect(counts(lost('1'))).toEqual({ found: { lost: 1 }, inFlight: 0 });
  });

  test('that was not captured is lost, unless the connector has stalled', () => {
    const uncaptured = lost('1', { ledger: { kind: 'insert', captured: false } });
    expect(counts(uncaptured)).toEqual({ found: { lost: 1 }, inFlight: 0 });
    expect(counts(stalled('source-to-log'), uncaptured)).toEqual({ found: { stalled: 1 }, inFlight: 1 });
    expect(counts(stalled('source-to-log'), unlogged('1'))).toEqual({ found: { stalled: 1 }, inFlight: 1 });
    expect(counts(stalled('source-to-log'), lost('1'))).toEqual({ found: { stalled: 1, lost: 1 }, inFlight: 0 });
    expect(counts(stalled('log-to-sink'), uncaptured)).toEqual({ found: { stalled: 1, lost: 1 }, inFlight: 0 });
    expect(counts(stalled('log-to-sink', { uncaptured: true }), uncaptured)).toEqual({
      ...{ found: { stalled: 1 }, inFlight: 1 },
    });
    expect(counts(unlogged('1'))).toEqual({ found: { lost: 1 }, inFlight: 0 });
  });

  test('whose change may be in a record that cannot be read is not judged', () => {
    const undecoded = { partition: 't/0', offset: 7n, why: 'no schema', count: 1, consumed: true };
    const { reason, counts: found } = verdict(
      columns(),
      unlogged('1', { undecoded }),
      unlogged('2', { undecoded: { ...undecoded, offset: 9n } }),
      rows(),
      END,
    );
    // The first of the records is named.
    expect(reason).toMatch(/^2 rows of shop\.a cannot be judged: the record in t\/0 at offset 7, /);
    expect(found).toEqual({});
  });
});

describe('a transaction', () => {
  const transaction = (...missing: readonly (readonly [string, string])[]): Fact => ({
    ...{ type: 'transaction', txn: '812', rows: 5, present: 2 },
    missing: missing.map(([name, key]) => ({ table: `shop.${name}`, key })),
  });
  const partial = (...facts: readonly Fact[]) =>
    verdict(columns(), columns('b'), ...facts, rows(), rows('b'), END).findings.find(
      ({ anomaly }) => anomaly === 'partial-transaction',
    );

  test('is in part at the sink where it lacks rows that are known to be missing', () => {
    expect(partial(lost('1'), lost('1', {}, 'b'), lost('2'), transaction(['b', '1'], ['a', '2']))).toMatchObject({
      ...{ table: 'shop.b', key: '1', txn: '812' },
      detail: expect.stringContaining(
        '2 of its 5 rows were applied, and 1 was changed again by a later transaction; not applied: shop.b 1 (lost), shop.a 2 (lost).',
      ),
    });
  });

  test('is not, where the rows are others, or another transaction’s', () => {
    expect(partial(lost('1'), transaction(['a', '2']))).toBeUndefined();
    expect(partial(lost('1'), transaction(['b', '1']))).toBeUndefined();
    expect(partial(lost('1', { log: log({ last: { ...last, txn: '9' } }) }), transaction(['a', '1']))).toBeUndefined();
    expect(partial(transaction())).toBeUndefined();
  });

  test('is looked for among the rows that are certain to lack a change', () => {
    const right: Fact = lost('3', { sink: [{ id: '3' }] });
    expect(judged(columns(), lost('1'), right, lost('2', { appliedBefore: true })).missing).toMatchObject([
      { table: 'shop.a', key: '1', event: last, finding: { anomaly: 'lost', key: '1' } },
    ]);
    expect(judged(columns()).missing).toEqual([]);
  });

  test('is looked for among the first of very many', () => {
    const judge = openFactJudge('upsert');
    for (let key = 0; key < 5002; key++) judge.take(lost(String(key)));
    expect(judge.missing).toHaveLength(5000);
  });
});
