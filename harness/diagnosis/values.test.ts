import { expect, test } from 'vitest';
import { alterationOf } from './values.ts';

test.each([
  // what was altered, how it is recognised
  ['a long text', '__debezium_unavailable_value', { kind: 'placeholder', text: '__debezium_unavailable_value' }],
  ['x', null, { kind: 'null' }],
  [null, '', { kind: 'empty-for-null' }],
  ['2026-03-29 10:00:00', '2026-03-29 12:00:00', { kind: 'shifted', ms: 7_200_000 }],
  ['2026-03-29 10:00:00.25', '2026-03-29 04:30:00.25', { kind: 'shifted', ms: -19_800_000 }],
  ['2026-03-29 10:00:00.123456', '2026-03-29 10:00:00.123', { kind: 'cut-to-ms' }],
  ['2026-03-29 10:00:00.123456', '2026-03-29 10:00:00', { kind: 'cut-to-s' }],
  ['2026-03-29', '20541', { kind: 'epoch', unit: 'days' }],
  ['2026-03-29 10:00:00.5', '1774778400500', { kind: 'epoch', unit: 'ms' }],
  ['2026-03-29 10:00:00.123456', '1774778400123456', { kind: 'epoch', unit: 'us' }],
  ['2026-03-29 10:00:00.12345', '2026-03-29 10:00:00.123', { kind: 'cut-to-ms' }],
  ['2026-03-29 10:00:00.123456', '2026-03-29 10:00:00.123457', undefined],
  ['2026-03-29 10:00:00.123456', '2026-03-29 12:00:00.123456', { kind: 'shifted', ms: 7_200_000 }],
  ['2026-03-29 10:00:00.123456', '2026-03-29 12:00:00.123', { kind: 'shifted', ms: 7_200_000 }],
  ['2026-03-29 10:00:00.123456', '2026-03-29 12:00:00.123999', undefined],
  ['2026-03-29 10:00:00.123456', '2026-03-29 10:00:00.000007', undefined],
  ['2026-03-29 10:00:00', '2026-03-30 12:00:00', { kind: 'shifted', ms: 93_600_000 }],
  ['2026-03-29 10:00:00', '2026-03-29T10:00:00Z', undefined],
  ['2026-03-29 10:00:00+00', '2026-03-29 12:00:00+00:00', { kind: 'shifted', ms: 7_200_000 }],
  ['2026-03-29 10:00:00+0000', '2026-03-29 12:00:00', { kind: 'shifted', ms: 7_200_000 }],
  ['on 2026-03-29', '2026-03-30', undefined],
  ['2026-03-29 at noon', '2026-03-30', undefined],
  ['2026-13-29', '2026-03-29', undefined],
  ['2026-03-29 10:00:00', '1774778400', { kind: 'epoch', unit: 's' }],
  ['2026-03-29 10:00:00', '-17', undefined],
  ['2026-03-29 10:00:00', 'x1774778400', undefined],
  ['2026-03-29 10:00:00', '1774778400 s', undefined],
  ['2026-03-29', '20542', undefined],
  ['2026-03-29', '0', undefined],
  ['1969-12-31', '-1', { kind: 'epoch', unit: 'days' }],
  [null, 'x', undefined],
  ['0.1', '0.10000000149011612', undefined],
  ['12', '12.0', { kind: 'float' }],
  ['12', '13', undefined],
  ['12.5', '13', { kind: 'rounded', places: 0 }],
  ['12.5', '14', undefined],
  ['12.5', '13.5', undefined],
  ['12.5', '12.6', undefined],
  ['12.345', '12.001', undefined],
  ['12.34', '1e1', undefined],
  ['12.34', '1234', undefined],
  ['x12.5', '12.5', undefined],
  ['12.5x', '12.5', { kind: 'cut-short', length: 4 }],
  ['12.34', 'BNM=', undefined],
  ['12.34', 'BNI', undefined],
  ['12.34', '-BNI=', undefined],
  ['12.34', '', undefined],
  ['0', 'AA==', { kind: 'base64' }],
  ['66051', 'AQID', { kind: 'base64' }],
  ['ABC', 'abcd', undefined],
  ['Bob', 'BOB', { kind: 'upper-case' }],
  ['a text', '', undefined],
  ['\\x00ff, said', 'AP8=', undefined],
  ['is \\x00ff', 'AP8=', undefined],
  ['secret', '####', { kind: 'masked' }],
  ['secret', 'XXXX', { kind: 'masked' }],
  ['secret', '5ebe2294ecd0e0f08eab7690d2a6ee695ebe2294', { kind: 'masked' }],
  ['secret', 'no ****', undefined],
  ['secret', '**** no', undefined],
  ['secret', '5ebe2294ecd0e0f0', undefined],
  ['12.3456', '12.35', { kind: 'rounded', places: 2 }],
  ['12.376', '12.400', { kind: 'rounded', places: 1 }],
  ['12345678901234567894.1234', '12345678901234600000.0000', { kind: 'float' }],
  ['12345678901234567.89', '12345678901234568', { kind: 'float' }],
  ['12.34', 'BNI=', { kind: 'base64' }],
  ['-1.50', '/2o=', { kind: 'base64' }],
  ['Bob@Example.com', 'bob@example.com', { kind: 'lower-case' }],
  ['ab', 'ab   ', { kind: 'trailing-blanks' }],
  ['a longer text', 'a long', { kind: 'cut-short', length: 6 }],
  ['\\x00ff', 'AP8=', { kind: 'base64' }],
  ['\\x00ff', `\\x${Buffer.from('AP8=').toString('hex')}`, { kind: 'base64' }],
  ['\\x00ff', '\\x00fe', undefined],
  ['some text', Buffer.from('some text').toString('base64'), { kind: 'base64' }],
  ['secret', '******', { kind: 'masked' }],
  ['secret', '5ebe2294ecd0e0f08eab7690d2a6ee69', { kind: 'masked' }],
  ['one', 'two', undefined],
  ['same', 'same', undefined],
])('%s → %s', (source, sink, expected) => {
  expect(alterationOf(source, sink)).toEqual(expected);
});

test("the placeholder is the connector's own where it has one, and a binary column holds it as bytes", () => {
  expect(alterationOf('x', '(unchanged)', '(unchanged)')).toEqual({ kind: 'placeholder', text: '(unchanged)' });
  const bytes = `\\x${Buffer.from('__debezium_unavailable_value').toString('hex')}`;
  expect(alterationOf('\\x00ff', bytes)?.kind).toBe('placeholder');
});

test('a shift that no zone has is none', () => {
  expect(alterationOf('2026-03-29 10:00:00', '2026-03-29 10:07:00')).toBeUndefined();
  expect(alterationOf('2026-03-29 10:00:00', '2026-04-29 10:00:00')).toBeUndefined();
});
