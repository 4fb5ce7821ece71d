import { expect, test } from 'vitest';
import { engineOf } from '#engines/index.ts';
import type { Finding } from '#model/finding.ts';
import { unjudged } from './judge/judge-variant.ts';
import { openPlacedJudge, placed } from './placed.ts';

const EVENT = { topic: 'lab.public.orders', partition: 0, offset: 7n, op: 'update' };

function positionsAt(engine: string, lsn: bigint | undefined): (string | undefined)[] {
  const finding: Finding = {
    ...{ anomaly: 'stale', table: 'public.orders', key: '["1"]', detail: 'old' },
    event: { ...EVENT, ...(lsn === undefined ? {} : { lsn }) },
  };
  const silent: Finding = { anomaly: 'orphan', detail: 'not in the log' };
  const { findings } = placed({ ...unjudged('insert', 'test'), findings: [finding, silent] }, engine);
  return findings.map(({ event }) => event?.position);
}

test('an event has its position as the engine of the source writes it', () => {
  expect(positionsAt('postgres', 0x16b374d848n)).toEqual(['16/B374D848', undefined]);
  const { parsePosition } = engineOf({ engine: 'mariadb' }).source;
  expect(positionsAt('mariadb', parsePosition('mariadb-bin.000003:1234#2'))).toEqual([
    'mariadb-bin.000003:1234#2',
    undefined,
  ]);
});

test('an event whose position is not known has none', () => {
  expect(positionsAt('postgres', undefined)).toEqual([undefined, undefined]);
});

/** A judgement of a row that is at the source and not at the sink, although its event was consumed. */
function judgedAt(engine: string | undefined): (string | undefined)[] {
  const judge = openPlacedJudge('insert');
  const table = {
    schema: 'public',
    name: 'orders',
    key: ['id'],
    columns: [{ name: 'id', type: 'bigint', nullable: false, generated: false }],
  };
  judge.take({
    ...{ type: 'cut', cutLsn: '0/9', starts: {}, ends: {}, applied: {}, ledgerSeq: 0 },
    ...(engine === undefined ? {} : { engine }),
  });
  judge.take({ type: 'columns', source: table, sink: table });
  judge.take({
    type: 'key',
    table: 'public.orders',
    state: {
      ...{ key: '["1"]', columns: ['id'], source: { id: '1' }, sink: [], expected: { id: '1' } },
      log: { last: { ...EVENT, lsn: 5n }, expired: false, consumed: true },
    } as never,
  });
  judge.take({ type: 'rows', table: 'public.orders', sourceRows: 1, sinkRows: 0 });
  judge.take({ type: 'end', lag: { records: 0, ms: 0 } });
  expect(judge.ended).toBe(true);
  return judge.verdict().findings.map(({ event }) => event?.position);
}

test('what is judged from facts has positions by the engine that they name, and none without', () => {
  expect(judgedAt('postgres')).toEqual(['0/5']);
  expect(judgedAt(undefined)).toEqual([undefined]);
});
