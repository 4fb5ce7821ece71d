import { expect, test } from 'vitest';
import { engineOf } from '#engines/index.ts';
import type { Finding } from '#model/finding.ts';
import { unjudged } from './judge/judge-variant.ts';
import { placed } from './placed.ts';

const EVENT = { topic: 'lab.public.orders', partition: 0, offset: 7n, op: 'update' };

function positionsAt(engine: string, lsn: bigint | undefined): (string | undefined)[] {
  const finding: Finding = {
    ...{ anomaly: 'stale', table: 'public.orders', key: '["1"]', detail: 'old' },
    event: { ...EVENT, ...(lsn === undefined ? {} : { lsn }) },
  };
  const silent: Finding = { anomaly: 'orphan', detail: 'not in the log' };
  const verdicts = [{ ...unjudged('insert', 'test'), findings: [finding, silent] }];
  const [verdict] = placed(verdicts, engineOf({ engine }).source.formatPosition);
  return verdict?.findings.map(({ event }) => event?.position) ?? [];
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
