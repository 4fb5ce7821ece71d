import { expect, test } from 'vitest';
import type { Kind } from '#model/kind.ts';
import { canonicalText } from './canonical-text.ts';

const truth: Kind = { kind: 'boolean' };
const big: Kind = { kind: 'integer', bits: 64 };
const price: Kind = { kind: 'decimal', precision: 12, scale: 2 };
const any: Kind = { kind: 'decimal' };
const single: Kind = { kind: 'float', bits: 32 };
const double: Kind = { kind: 'float', bits: 64 };
const flag: Kind = { kind: 'bits', length: 1 };
const flags: Kind = { kind: 'bits', length: 12 };
const instant: Kind = { kind: 'instant', digits: 6 };
const local: Kind = { kind: 'local-timestamp', digits: 6 };
const clock: Kind = { kind: 'local-time', digits: 6 };
const span: Kind = { kind: 'duration' };
const json: Kind = { kind: 'json' };
const text: Kind = { kind: 'text' };
const padded: Kind = { kind: 'text', length: 5, padded: true };
const date: Kind = { kind: 'date' };
const uuid: Kind = { kind: 'uuid' };
const year: Kind = { kind: 'year' };
const bytes: Kind = { kind: 'bytes' };
const size: Kind = { kind: 'enum', labels: ['S', 'M'] };
const sizes: Kind = { kind: 'set', labels: ['S', 'M'] };
const list: Kind = { kind: 'array', element: big };
const point: Kind = { kind: 'other', type: 'point' };

test.each<[raw: string, own: Kind, as: Kind, text: string]>([
  ['1', truth, truth, 'true'],
  ['0', truth, truth, 'false'],
  ['t', truth, truth, 'true'],
  ['5', truth, truth, '5'],
  ['\\x01', flag, truth, 'true'],
  ['\\x00', flag, truth, 'false'],
  ['1', truth, big, '1'],
  ['true', truth, big, '1'],
  ['false', truth, big, '0'],
  ['1.5', price, big, '1.5'],
  ['10', big, big, '10'],
  ['18446744073709551615', big, big, '18446744073709551615'],
  ['5.00', price, big, '5'],
  ['-0.00', price, big, '0'],
  ['\\x05', flags, big, '5'],
  ['\\x', flags, big, '0'],
  ['000000000101', flags, big, '5'],
  ['true', flag, big, '1'],
  ['12', flags, big, '12'],
  ['21', flags, big, '21'],
  ['2024', year, year, '2024'],
  ['1.5', any, price, '1.50'],
  ['1.5000', any, price, '1.50'],
  ['1.505', any, price, '1.505'],
  ['1.5050', any, price, '1.505'],
  ['.25', any, price, '0.25'],
  ['-0.5', any, price, '-0.50'],
  ['1e2', double, price, '100.00'],
  ['1e+2', double, any, '100'],
  ['12.50', price, any, '12.5'],
  ['1.50', price, any, '1.5'],
  ['100', price, any, '100'],
  ['NaN', text, any, 'NaN'],
  ['€1', text, any, '€1'],
  ['1 €', text, any, '1 €'],
  ['0.10000000149011612', single, single, '0.1'],
  ['0.1', single, single, '0.1'],
  ['3.4028234663852886e38', single, single, '3.4028235e+38'],
  ['1000000', single, single, '1e+06'],
  ['16777217', double, single, '1.6777216e+07'],
  ['1e39', double, single, '1e39'],
  ['0', single, single, '0'],
  ['0.10000000149011612', double, double, '0.10000000149011612'],
  ['-123456.5', double, double, '-123456.5'],
  ['1e15', double, double, '1e+15'],
  ['100000000000000', double, double, '100000000000000'],
  ['0.00001', double, double, '1e-05'],
  ['0.0001', double, double, '0.0001'],
  ['1.5', double, double, '1.5'],
  ['', text, double, ''],
  ['0.30000000000000004', double, double, '0.30000000000000004'],
  ['0', double, double, '0'],
  ['-0', double, double, '-0'],
  ['\\x0005', flags, flags, '000000000101'],
  ['\\x01', flag, flag, '1'],
  ['\\x', flags, flags, '000000000000'],
  ['f', flag, flag, '0'],
  ['t', flag, flag, '1'],
  ['t', flags, flags, 't'],
  ['2024-01-02 03:04:05.123000', instant, instant, '2024-01-02 03:04:05.123+00'],
  ['2024-01-02 03:04:05', instant, instant, '2024-01-02 03:04:05+00'],
  ['2024-01-02 03:04:05.5+00', instant, instant, '2024-01-02 03:04:05.5+00'],
  ['2024-01-02 03:04:05+00', instant, instant, '2024-01-02 03:04:05+00'],
  ['2024-01-02 03:04:05.25-08', instant, instant, '2024-01-02 03:04:05.25-08'],
  ['2024-01-02', date, instant, '2024-01-02 00:00:00+00'],
  ['on 2024-01-02', text, instant, 'on 2024-01-02'],
  ['2024-01-02 03:04:05.000000', local, local, '2024-01-02 03:04:05'],
  ['2024-01-02', date, local, '2024-01-02 00:00:00'],
  ['on 2024-01-02', text, local, 'on 2024-01-02'],
  ['2024-01-02', date, date, '2024-01-02'],
  ['23:59:59.990000', clock, clock, '23:59:59.99'],
  ['-100:00:01.500000', span, span, 'PT-100H-1.5S'],
  ['PT-360001.5S', span, span, 'PT-100H-1.5S'],
  ['00:00:00', span, span, 'PT0S'],
  ['838:59:59', span, span, 'PT838H59M59S'],
  ['01:00:00', span, span, 'PT1H'],
  ['00:00:00.500000', span, span, 'PT0.5S'],
  ['00:00:01.050000', span, span, 'PT1.05S'],
  ['PT60S', span, span, 'PT1M'],
  ['PT90.250S', span, span, 'PT1M30.25S'],
  ['at 01:02:03', text, span, 'at 01:02:03'],
  ['01:02:03+02', text, span, '01:02:03+02'],
  ['P1DPT60S', text, span, 'P1DPT60S'],
  ['P0Y1M0DT0H0M0S', text, span, 'P1M'],
  ['P0Y0M0DT0H0M1.5S', text, span, 'PT1.5S'],
  ['P0Y0M0DT25H0M0S', text, span, 'PT25H'],
  ['P-1Y-2M3DT-4H-5M-6.780S', text, span, 'P-1Y-2M3DT-4H-5M-6.78S'],
  ['P0Y0M0DT0H0M-0.5S', text, span, 'PT-0.5S'],
  ['P0Y0M0DT0H0M0S', text, span, 'PT0S'],
  ['PT', text, span, 'PT'],
  ['P', text, span, 'P'],
  ['P1DT', text, span, 'P1DT'],
  ['PT60S ago', text, span, 'PT60S ago'],
  ['P1M', text, span, 'P1M'],
  ['{"b":1, "a": 1.0}', json, json, '{"a": 1.0, "b": 1}'],
  ['not json', text, json, 'not json'],
  ['A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', text, uuid, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  [' a ', text, text, ' a '],
  ['\\x0A', bytes, bytes, '\\x0A'],
  ['S', size, size, 'S'],
  ['S,M', sizes, sizes, 'S,M'],
  ['{"1",NULL,"2"}', text, list, '{1,NULL,2}'],
  ['{"1.50","2"}', text, { kind: 'array', element: price }, '{1.5,2}'],
  ['{"0.10000000149011612"}', text, { kind: 'array', element: single }, '{0.1}'],
  ['{"t"}', text, { kind: 'array', element: truth }, '{t}'],
  ['{"P0Y1M0DT0H0M0S"}', text, { kind: 'array', element: span }, '{P1M}'],
  ['ab   ', text, padded, 'ab'],
  [' a\t', text, padded, ' a\t'],
  ['POINT(1 2)', point, point, 'POINT(1 2)'],
])('%s of %j as %j is %s', (raw, own, as, canonical) => {
  expect(canonicalText(raw, own, as)).toBe(canonical);
});

test('NULL is NULL', () => {
  expect(canonicalText(null, big, big)).toBeNull();
});
