import { expect, test } from 'vitest';
import { commitOf, formatLsn, formatPosition, lsnLiteral, lsnOf, packPosition, parsePosition } from './position.ts';

const at = (commit: string, change?: string, serial?: number): bigint =>
  packPosition({
    commit: lsnOf(commit) ?? -1n,
    ...(change === undefined ? {} : { change: lsnOf(change) ?? -1n }),
    ...(serial === undefined ? {} : { serial }),
  });

test('positions sort by commit, then by change, then by the serial number; a whole transaction is above its events', () => {
  const sorted = [
    at('00000027:00000758:0005', '00000027:00000758:0003', 1),
    at('00000027:00000758:0005'),
    // A transaction that began before another and committed after it.
    at('00000027:00000ac0:0007', '00000027:00000750:0001', 1),
    at('00000027:00000ac0:0007', '00000027:00000ac0:0002', 1),
    at('00000027:00000ac0:0007', '00000027:00000ac0:0002', 2),
    at('00000027:00000ac0:0007', '00000027:00000ac0:0003', 1),
    at('00000027:00000ac0:0007'),
    at('00000028:00000010:0001', '00000028:00000008:0002', 1),
    at('ffffffff:fffffff0:fffe'),
  ];
  expect(sorted.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(sorted);
});

test.each([
  [at('00000027:00000ac0:0007'), '00000027:00000ac0:0007'],
  [at('00000027:00000ac0:0007', '00000027:00000ac0:0002', 2), '00000027:00000ac0:0007(00000027:00000ac0:0002,2)'],
  [at('00000000:00000000:0000', '00000000:00000000:0000', 0), '00000000:00000000:0000(00000000:00000000:0000,0)'],
])('%i is written as %s, and read from that and from the number itself', (position, text) => {
  expect(formatPosition(position)).toBe(text);
  expect(parsePosition(text)).toBe(position);
  expect(parsePosition(String(position))).toBe(position);
  expect(parsePosition(String(position).padStart(60, '0'))).toBe(position);
});

test('an LSN is read as Debezium, SQL and the canonical text of bytes have it', () => {
  const lsn = 0x00000027_00000ac0_0002n;
  expect(lsnOf('00000027:00000AC0:0002')).toBe(lsn);
  expect(lsnOf('0x0000002700000AC00002')).toBe(lsn);
  expect(lsnOf('\\x0000002700000ac00002')).toBe(lsn);
  expect(formatLsn(lsn)).toBe('00000027:00000ac0:0002');
  expect(commitOf(packPosition({ commit: lsn, change: 1n, serial: 2 }))).toBe(lsn);
  expect(lsnLiteral(lsn)).toBe('0x0000002700000ac00002');
  expect(parsePosition('0x0000002700000AC00002')).toBe(packPosition({ commit: lsn }));
});

test.each([null, undefined, '', 'NULL', 'null', '27:ac0:2', '0x2700', '00000027:00000ac0:0002(', '1x'])(
  '%j is no position',
  (text) => {
    expect(parsePosition(text)).toBeUndefined();
    expect(lsnOf(text)).toBeUndefined();
  },
);

test('more events at one place than a position can number share the last number', () => {
  const of = (serial: number): bigint => packPosition({ commit: 1n, change: 1n, serial });
  expect(of(2 ** 32)).toBe(of(2 ** 32 - 1));
  expect(of(2 ** 33)).toBeLessThan(packPosition({ commit: 1n, change: 2n }));
});

test('a position has at most 58 digits, which a sink must have room for', () => {
  expect(String(at('ffffffff:ffffffff:ffff'))).toHaveLength(58);
});
