import { describe, expect, test } from 'vitest';
import type { Table } from '#model/catalog.ts';
import type { Fact, KeyObservation } from '#model/observation.ts';
import { openFactJudge } from './judge-facts.ts';

const source: Table = {
  schema: 'public',
  name: 'a',
  columns: [{ name: 'id', type: 'integer', nullable: false, generated: false }],
  key: ['id'],
};
const COLUMNS: Fact = { type: 'columns', source, sink: source };
const ROWS: Fact = { type: 'rows', table: 'public.a', sourceRows: 1, sinkRows: 1 };
const END: Fact = { type: 'end', lag: { records: 0, ms: 0 } };
const UNJUDGED: Fact = { type: 'unjudged', table: 'public.b', reason: 'b has no key' };
const LOST: Fact = {
  ...{ type: 'key', table: 'public.a' },
  state: {
    ...{ key: '["1"]', source: { id: '1' }, sourceCopies: 1, sink: [], versions: [] },
    ledger: { kind: 'insert', captured: false },
  },
};
const STALLED: Fact = {
  ...{ type: 'cut', cutLsn: '0/1', starts: {}, ends: {}, applied: {}, ledgerSeq: 0 },
  stalled: { hop: 'log-to-sink', reason: 'it ended' },
};

function verdictOn(...facts: readonly Fact[]) {
  const judge = openFactJudge('sink');
  for (const fact of facts) judge.take(fact);
  return judge.verdict();
}

test.each([
  ['a table that was compared', [COLUMNS, ROWS, END], 'PASS', undefined],
  ['a table that was not', [COLUMNS, END], 'UNKNOWN', 'public.a was not fully compared'],
  ['no table at all', [END], 'UNKNOWN', 'no table was compared'],
  ['a check that did not end', [COLUMNS, ROWS], 'UNKNOWN', 'the check did not finish'],
  ['a reason', [COLUMNS, ROWS, { type: 'unjudged', reason: 'why' }, END], 'UNKNOWN', 'why'],
  ['a table that cannot be', [COLUMNS, ROWS, UNJUDGED, END], 'UNKNOWN', 'b has no key'],
  ['one beside a table that is wrong', [COLUMNS, LOST, ROWS, UNJUDGED, END], 'FAIL', 'b has no key'],
  ['nothing but such tables', [UNJUDGED, END], 'UNKNOWN', 'b has no key'],
  ['a stall without tables', [STALLED, END], 'FAIL', 'it ended'],
] as const)('%s', (_, facts, verdict, reason) => {
  expect(verdictOn(...facts)).toMatchObject({ verdict, ...(reason === undefined ? {} : { reason }) });
});

describe('records that nobody could read', () => {
  const undecoded = { partition: 't/0', offset: 7n, why: 'no schema', count: 2, consumed: true };
  const missing = (more: Partial<KeyObservation>): Fact => {
    if (LOST.type !== 'key') throw new Error('no key');
    return { ...LOST, state: { ...LOST.state, undecoded, ...more } };
  };

  test('rows whose change they may hold are not known to be lost, and the record is named', () => {
    expect(verdictOn(COLUMNS, missing({}), ROWS, END)).toMatchObject({
      verdict: 'UNKNOWN',
      counts: {},
      tables: [{ table: 'public.a', verdict: 'UNKNOWN' }],
      reason:
        '1 row of public.a cannot be judged: the record in t/0 at offset 7, which may hold its change, cannot be decoded (no schema); nor can 1 more',
    });
  });

  test('behind a consumer that has not passed them such rows are in flight', () => {
    const ahead = missing({ undecoded: { ...undecoded, consumed: false } });
    expect(verdictOn(COLUMNS, ahead, ROWS, END)).toMatchObject({ verdict: 'SYNC_IN_PROGRESS', inFlight: 1 });
  });

  test('a row whose last change is known to be in the log is judged all the same', () => {
    const last = { topic: 't', partition: 0, offset: 3n, op: 'create' };
    const log = { last, expired: false, consumed: true, skipped: false, skippedEarlier: false };
    const known = missing({ log, ledger: { kind: 'insert', captured: true } });
    expect(verdictOn(COLUMNS, known, ROWS, END)).toMatchObject({ verdict: 'FAIL', counts: { lost: 1 } });
  });
});
