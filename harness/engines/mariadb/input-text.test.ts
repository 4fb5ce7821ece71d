import { expect, test } from 'vitest';
import { literalsFor, Unstorable } from './input-text.ts';

const literal = (type: string, text: string | null): string => literalsFor({ name: 'c', type })(text);

test.each([
  ['bigint(20)', '-9223372036854775808', '-9223372036854775808'],
  ['int(11)', 't', '1'],
  ['tinyint(1)', 't', '1'],
  ['tinyint(1)', 'false', '0'],
  ['decimal(12,2)', '12.5', '12.5'],
  ['decimal(12,2)', '-0012.5000', '-12.5'],
  ['decimal(12,2)', '1.25e1', '12.5'],
  ['decimal(12,2)', '1250e-2', '12.5'],
  ['decimal(38,38)', '1e-38', `0.${'0'.repeat(37)}1`],
  ['decimal(65,0)', '9'.repeat(65), '9'.repeat(65)],
  ['double', '0.1', '0.1e0'],
  ['double', '-0', '-0e0'],
  ['double', '1.7976931348623157e+308', '1.7976931348623157e+308'],
  ['float', '3.4028235e+38', '3.4028234663852886e+38'],
  ['float', '0.1', '0.10000000149011612e0'],
  ['varchar(5)', "it's", "'it''s'"],
  ['varchar(2)', '😀😀', "'😀😀'"],
  ['longtext', 'a\\b', "_utf8mb4 x'615c62'"],
  ['longtext', '', "''"],
  ['longblob', '\\x00ff', "x'00ff'"],
  ['varbinary(2)', '\\x', "x''"],
  ['bit(4)', '0101', '5'],
  ['bit(1)', 't', '1'],
  ['bit(64)', '1'.repeat(64), '18446744073709551615'],
  ['datetime(6)', '2024-02-29 12:00:00.123456', "TIMESTAMP'2024-02-29 12:00:00.123456'"],
  ['datetime(6)', '2024-02-29 12:00:00.120000+00', "TIMESTAMP'2024-02-29 12:00:00.12'"],
  ['datetime', '2024-02-29 12:00:00.000', "TIMESTAMP'2024-02-29 12:00:00'"],
  ['datetime(6)', '2024-01-01 00:30:00+05:45', "TIMESTAMP'2023-12-31 18:45:00'"],
  ['datetime(6)', '0033-01-01 00:00:00-01', "TIMESTAMP'0033-01-01 01:00:00'"],
  ['datetime(6)', '2024-02-29', "TIMESTAMP'2024-02-29 00:00:00'"],
  ['timestamp(3)', '2024-02-29T12:00:00.5Z', "TIMESTAMP'2024-02-29 12:00:00.5'"],
  ['date', '2024-02-29', "DATE'2024-02-29'"],
  ['time(6)', '12:30:00.5', "TIME'12:30:00.5'"],
  ['time(6)', '24:00:00', "TIME'24:00:00'"],
  ['time(6)', '-838:59:59.999999', "TIME'-838:59:59.999999'"],
  ['time(6)', 'PT-0.5S', "TIME'-00:00:00.5'"],
  ['time(6)', 'PT3020399S', "TIME'838:59:59'"],
  ['time', 'P1DT2H3M4S', "TIME'26:03:04'"],
  ['time', 'PT1H-1M', "TIME'00:59:00'"],
  ['year(4)', '2024', '2024'],
  ['year(4)', '0', '0'],
  ["enum('a','it''s')", "it's", "'it''s'"],
  ["set('x','y')", 'x,y', "'x,y'"],
  ["set('x','y')", '', "''"],
  ['uuid', '6ccd780c-baba-1026-9564-5b8c656024db', "'6ccd780c-baba-1026-9564-5b8c656024db'"],
  ['inet6', '::1', "'::1'"],
])('%s: %s is written as %s', (type, text, sql) => {
  expect(literal(type, text)).toBe(sql);
});

test('NULL is written as such, whatever the type', () => {
  expect(['int(11)', 'longtext', 'datetime'].map((type) => literal(type, null))).toEqual(['NULL', 'NULL', 'NULL']);
});

// The server stores something else for each of them, and reports no error for most.
test.each([
  ['int(11)', '1.5', 'none of its values'],
  ['int(11)', '', 'none of its values'],
  ['decimal(12,2)', '0.125', 'more than 2 digits'],
  ['decimal(12,2)', '10000000000', 'out of range'],
  ['decimal(12,2)', 'NaN', 'none of its values'],
  ['decimal(12,2)', '1e999999999', 'out of range'],
  ['double', 'NaN', 'none of its values'],
  ['double', 'Infinity', 'none of its values'],
  ['double', '1e400', 'out of range'],
  ['double', '1e-400', 'too small'],
  ['float', '1e39', 'out of range'],
  ['varchar(5)', 'abc   ', 'too long'],
  ['varchar(2)', '😀😀😀', 'too long'],
  ['tinytext', ' '.repeat(256), 'too long'],
  ['longtext', '\ud800', 'no Unicode text'],
  ['longblob', 'text', 'none of its values'],
  ['bit(8)', '0101', 'it has 4 bits'],
  ['bit(4)', '01012', 'none of its values'],
  ['datetime(3)', '2024-02-29 12:00:00.1234', 'more than 3 digits'],
  ['datetime(6)', 'infinity', 'the years 0 to 9999'],
  ['datetime(6)', '-infinity', 'the years 0 to 9999'],
  ['datetime(6)', '0044-03-15 12:00:00 BC', 'the years 0 to 9999'],
  ['datetime(6)', '10000-01-01 00:00:00+00', 'the years 0 to 9999'],
  ['datetime(6)', '9999-12-31 23:59:59-01', 'the years 0 to 9999'],
  ['datetime(6)', '2024-02-30 00:00:00+01', 'none of its values'],
  ['date', '2024-02-29 12:00:00', 'no time of day'],
  ['date', 'infinity', 'the years 0 to 9999'],
  ['time', '12:00:00.5', 'more than 0 digits'],
  ['time(6)', 'PT0.0000001S', 'more than 6 digits'],
  ['time(6)', 'P1M', 'none of its values'],
  ['time(6)', 'P', 'none of its values'],
  ['time(6)', 'PT', 'none of its values'],
  ['year(4)', '1899', 'out of range'],
  ['year(4)', '70', 'out of range'],
  ["enum('a','b')", 'A', 'none of its values'],
  ["enum('a','b')", '1', 'none of its values'],
  ["set('x','y')", 'x,z', 'none of its values'],
])('%s: %s is refused', (type, text, why) => {
  expect(() => literal(type, text)).toThrow(Unstorable);
  expect(() => literal(type, text)).toThrow(why);
});

test('what is refused is named with its column, and not at full length', () => {
  expect(() => literal('varchar(3)', 'x'.repeat(100))).toThrow(
    `"${'x'.repeat(60)}…" cannot be stored in c (varchar(3)): it is too long`,
  );
});
