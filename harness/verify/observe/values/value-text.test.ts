import { expect, test } from 'vitest';
import { type ConnectSchema, InexactNumber, Literal, Undecodable } from '#log/wire.ts';
import { valueTextFor } from './value-text.ts';

const TIME = 'io.debezium.time.';
const CONNECT = 'org.apache.kafka.connect.data.';
const DATA = 'io.debezium.data.';

const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');

function text(type: string, name: string | undefined, raw: unknown, more: Partial<ConnectSchema> = {}): string {
  return valueTextFor({ type, ...(name === undefined ? {} : { name }), ...more })(raw);
}

test.each([
  ['Date', 0, '1970-01-01'],
  ['Date', -1, '1969-12-31'],
  ['Date', 19_782, '2024-02-29'],
  ['Date', -719_162, '0001-01-01'],
  ['Date', -719_163, '0001-12-31 BC'],
  ['Date', -719_528, '0001-01-01 BC'],
  ['Date', -719_529, '0002-12-31 BC'],
  ['Date', 2_932_896, '9999-12-31'],
  ['Date', 2_932_897, '10000-01-01'],
  // PostgreSQL's first and last date, the last one behind what JavaScript's Date holds.
  ['Date', -2_440_588, '4714-11-24 BC'],
  ['Date', 2_145_042_905, '5874897-12-31'],
  ['Date', -2_147_472_692, 'infinity'],
  ['Date', -2_147_472_691, '-infinity'],
  ['Date', -622_191_234, 'infinity'],
  ['Date', -625_821_272, '-infinity'],
  ['Time', 86_399_999, '23:59:59.999'],
  ['MicroTime', 86_399_999_999, '23:59:59.999999'],
  ['MicroTime', 86_400_000_000, '24:00:00'],
  ['MicroTime', -500_000, '-00:00:00.5'],
  ['MicroTime', -3_020_399_000_000, '-838:59:59'],
  ['MicroTime', 1, '00:00:00.000001'],
  ['NanoTime', 43_200_000_000_010, '12:00:00.00000001'],
  ['Timestamp', -1, '1969-12-31 23:59:59.999'],
  ['Timestamp', 253_402_300_800_000, '10000-01-01 00:00:00'],
  ['MicroTimestamp', 0, '1970-01-01 00:00:00'],
  ['MicroTimestamp', -1, '1969-12-31 23:59:59.999999'],
  ['MicroTimestamp', 1_709_210_096_789_012, '2024-02-29 12:34:56.789012'],
  ['MicroTimestamp', 1_709_210_096_100_000, '2024-02-29 12:34:56.1'],
  ['MicroTimestamp', -62_135_596_800_000_001n, '0001-12-31 23:59:59.999999 BC'],
  // PostgreSQL's last one.
  ['MicroTimestamp', 9_224_318_015_999_999_999n, '294276-12-31 23:59:59.999999'],
  ['MicroTimestamp', 9_223_372_036_825_200_000n, 'infinity'],
  ['MicroTimestamp', -9_223_372_036_832_400_000n, '-infinity'],
  ['Timestamp', 9_223_372_036_825_200n, 'infinity'],
  ['NanoTimestamp', 1_709_210_096_789_012_345n, '2024-02-29 12:34:56.789012345'],
  ['NanoTimestamp', -1, '1969-12-31 23:59:59.999999999'],
  ['MicroDuration', 37_091_106_789_000, 'PT37091106.789S'],
  ['MicroDuration', -86_401_500_000, 'PT-86401.5S'],
  ['MicroDuration', 0, 'PT0S'],
  ['NanoDuration', -1, 'PT-0.000000001S'],
  ['Interval', 'P1Y2M3DT4H5M6.78S', 'P1Y2M3DT4H5M6.78S'],
  ['ZonedTimestamp', '2024-02-29T12:00:00.500000Z', '2024-02-29 12:00:00.5+00'],
  ['ZonedTimestamp', '+20000-01-01T00:00:00Z', '20000-01-01 00:00:00+00'],
  ['ZonedTimestamp', '0000-03-15T10:00:00Z', '0001-03-15 10:00:00+00 BC'],
  ['ZonedTimestamp', '-0043-03-15T10:00:00.000001Z', '0044-03-15 10:00:00.000001+00 BC'],
  ['ZonedTimestamp', '2024-02-29T12:00:00.5+02:00', '2024-02-29 12:00:00.5+02:00'],
  ['ZonedTimestamp', 'infinity', 'infinity'],
  ['IsoTimestamp', '2024-02-29T12:00:00Z', '2024-02-29 12:00:00+00'],
  ['ZonedTime', '22:00:00Z', '22:00:00+00'],
  ['ZonedTime', '22:00:00.120000Z', '22:00:00.12+00'],
  ['ZonedTime', '24:00:00Z', '24:00:00+00'],
  ['ZonedTime', '22:00:00+02:00', '22:00:00+02:00'],
  ['Year', 2024, '2024'],
])('io.debezium.time.%s of %s is %s', (name, raw, expected) => {
  const wire = typeof raw === 'bigint' ? new Literal(String(raw)) : raw;
  expect(text(typeof raw === 'string' ? 'string' : 'int64', `${TIME}${name}`, wire)).toBe(expected);
});

test.each([
  ['Date', -1, '1969-12-31'],
  ['Time', 1001, '00:00:01.001'],
  ['Timestamp', -62_135_596_800_001, '0001-12-31 23:59:59.999 BC'],
])('org.apache.kafka.connect.data.%s of %s is %s', (name, raw, expected) => {
  expect(text('int64', `${CONNECT}${name}`, raw)).toBe(expected);
});

test.each([
  ['', 2, '0.00'],
  ['00', 0, '0'],
  ['ff', 2, '-0.01'],
  ['ff', 0, '-1'],
  ['7fffffffffff', 4, '14073748835.5327'],
  ['80000000000000', 3, '-36028797018963.968'],
  ['018ee90ff6c373e0ee4e3f0ad2', 2, '1234567890123456789012345678.90'],
  ['01', 20, '0.00000000000000000001'],
  ['fb', -3, '-5000'],
  ['00', -3, '0'],
])('the bytes %s of scale %i are the decimal %s', (hex, scale, expected) => {
  expect(text('bytes', `${CONNECT}Decimal`, base64(hex), { parameters: { scale: String(scale) } })).toBe(expected);
  expect(text('struct', `${DATA}VariableScaleDecimal`, { scale, value: base64(hex) })).toBe(expected);
});

test('a decimal as a JSON number keeps its zeros, as a double or a string it is what it is', () => {
  const parameters = { scale: '2' };
  expect(() => text('bytes', `${CONNECT}Decimal`, 100, { parameters })).toThrow(InexactNumber);
  expect(text('bytes', `${CONNECT}Decimal`, new Literal('100.00'), { parameters })).toBe('100.00');
  expect(text('double', undefined, 0.1)).toBe('0.1');
  expect(text('string', undefined, '1.50')).toBe('1.50');
});

test.each([
  ['int16', undefined, -32_768, '-32768'],
  ['int64', undefined, new Literal('-9223372036854775808'), '-9223372036854775808'],
  ['float', undefined, 1e21, '1e+21'],
  ['double', undefined, -0, '-0'],
  ['double', undefined, new Literal('-0.0'), '-0'],
  ['double', undefined, 'NaN', 'NaN'],
  ['double', undefined, '-Infinity', '-Infinity'],
  ['boolean', undefined, true, 't'],
  ['boolean', undefined, false, 'f'],
  ['bytes', undefined, base64('00ff10'), '\\x00ff10'],
  // `binary.handling.mode` hex and base64: text on the wire, and told as text.
  ['string', undefined, '00ff10', '00ff10'],
  ['string', `${DATA}Uuid`, '5b6a4c1e-8d0f-4a57-9d5e-0123456789ab', '5b6a4c1e-8d0f-4a57-9d5e-0123456789ab'],
  ['string', `${DATA}Json`, '{"a": 1.0, "a":2}', '{"a": 1.0, "a":2}'],
  ['string', `${DATA}Xml`, '<a b="c"/>', '<a b="c"/>'],
  ['string', `${DATA}Enum`, 'sad', 'sad'],
  ['string', `${DATA}EnumSet`, 'a,b', 'a,b'],
  ['map', undefined, { a: '1', 'b "c\\': null }, '"a"=>"1", "b \\"c\\\\"=>NULL'],
  ['array', `${DATA}DoubleVector`, [1.5, 2], '[1.5,2]'],
  ['struct', `${DATA}SparseDoubleVector`, { dimensions: 5, vector: [[1, 1.5]] }, '{1:1.5}/5'],
  ['struct', `${DATA}SparseDoubleVector`, { dimensions: 5, vector: { 2: -1 } }, '{2:-1}/5'],
  ['struct', `${DATA}geometry.Point`, { x: 1.5, y: -2 }, '(1.5,-2)'],
  ['struct', `${DATA}geometry.Circle`, { center: { x: 1, y: 2 }, radius: 3 }, '<(1,2),3>'],
  ['struct', `${DATA}geometry.Line`, { a: 1, b: 2, c: 3 }, '{1,2,3}'],
  ['struct', `${DATA}geometry.Geometry`, { wkb: base64('0101000000aabb') }, '0101000000aabb'],
  ['struct', `${DATA}geometry.Geometry`, { wkb: base64('0101000000aabb'), srid: 4326 }, '0101000020e6100000aabb'],
  ['struct', `${DATA}geometry.Geography`, { wkb: base64('0000000001aabb'), srid: 4326 }, '0020000001000010e6aabb'],
])('%s %s of %j is %s', (type, name, raw, expected) => {
  expect(text(type, name, raw)).toBe(expected);
});

test('bits lie from the last to the first, as many as the column has', () => {
  const bits = (length: number, hex: string) =>
    text('bytes', `${DATA}Bits`, base64(hex), { parameters: { length: String(length) } });
  expect(bits(8, 'a1')).toBe('10100001');
  expect(bits(12, '0108')).toBe('100000000001');
  expect(bits(12, '')).toBe('000000000000');
  expect(bits(5, '15')).toBe('10101');
  expect(() => bits(2_147_483_647, '01')).toThrow(Undecodable);
});

test('elements of an array are quoted, arrays in an array are not', () => {
  const strings: ConnectSchema = { type: 'array', items: { type: 'string' } };
  const days: ConnectSchema = { type: 'array', items: { type: 'int32', name: `${TIME}Date` } };
  expect(valueTextFor(strings)([])).toBe('{}');
  expect(valueTextFor(strings)(['a', 'b"c', null, 'NULL', 'back\\slash', ''])).toBe(
    '{"a","b\\"c",NULL,"NULL","back\\\\slash",""}',
  );
  expect(valueTextFor(days)([19_723])).toBe('{"2024-01-01"}');
  expect(valueTextFor({ type: 'array', items: days })([[0], null, [1, 2]])).toBe(
    '{{"1970-01-01"},NULL,{"1970-01-02","1970-01-03"}}',
  );
});

test.each([
  ['int32', undefined, 'seven', /an integer, found "seven"/],
  ['int32', undefined, 1.5, /an integer, found 1\.5/],
  ['int64', undefined, new Literal('1.5'), /an integer/],
  ['double', undefined, 'x', /a number, found "x"/],
  ['boolean', undefined, 1, /a boolean, found 1/],
  ['string', undefined, 1, /a string, found 1/],
  ['map', undefined, 1, /an object, found 1/],
  ['struct', `${DATA}VariableScaleDecimal`, {}, /\{scale, value\}, found \{\}/],
  ['struct', 'com.example.Odd', {}, /com\.example\.Odd/],
])('%s %s refuses %j', (type, name, raw, why) => {
  expect(() => text(type, name, raw)).toThrow(Undecodable);
  expect(() => text(type, name, raw)).toThrow(why);
});

test('a number that JSON.parse has rounded is asked for again', () => {
  expect(() => text('int64', undefined, 9_007_199_254_740_992)).toThrow(InexactNumber);
  expect(() => text('int64', `${TIME}MicroTimestamp`, 9_223_372_036_825_200_000)).toThrow(InexactNumber);
});
