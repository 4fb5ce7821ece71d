import { expect, test } from 'vitest';
import { Unstorable } from './input-text.ts';
import { inputOf } from './load-input.ts';

const into = (type: string) => inputOf({ name: 'c', type });
/** What is loaded, and what the statement makes of it. */
const written = (type: string, text: string) => into(type).sql(`<${String(into(type).value(text))}>`);

test.each([
  ['bit', 'true', 'CONVERT(bit, <1>)'],
  ['bigint', '-9223372036854775808', 'CONVERT(bigint, <-9223372036854775808>)'],
  ['int', 't', 'CONVERT(int, <1>)'],
  ['decimal(12,2)', '-1.50', 'CONVERT(decimal(12,2), <-1.5>)'],
  ['decimal(12,2)', '1.5e3', 'CONVERT(decimal(12,2), <1500>)'],
  ['money', '0.0001', 'CONVERT(money, CONVERT(decimal(19,4), <0.0001>))'],
  ['float', '0.30000000000000004', 'CONVERT(float, <0.30000000000000004>)'],
  ['float', '-0', 'CONVERT(float, <0>)'],
  ['real', '1e-40', 'CONVERT(real, <9.99994610111476e-41>)'],
  ['datetime2(6)', '2024-02-29 23:59:59.120000', 'CONVERT(datetime2(6), <2024-02-29T23:59:59.12>)'],
  ['datetime2(7)', '2024-02-29 12:00:00+02', 'CONVERT(datetime2(7), <2024-02-29T10:00:00>)'],
  ['datetimeoffset(7)', '2024-01-01T00:30:00+01:00', 'CONVERT(datetimeoffset(7), <2023-12-31T23:30:00+00:00>)'],
  ['datetime', '2024-02-29 10:00:00.997', 'CONVERT(datetime, CONVERT(datetime2(7), <2024-02-29T10:00:00.997>))'],
  ['date', '2024-02-29', 'CONVERT(date, <2024-02-29>)'],
  ['time(3)', '23:59:59.120', 'CONVERT(time(3), <23:59:59.12>)'],
  [
    'uniqueidentifier',
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    'CONVERT(uniqueidentifier, <a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11>)',
  ],
  ['nvarchar(9)', "it's", "<it's>"],
  ['varchar(9)', 'é', 'CONVERT(varchar(max), <é>)'],
  ['xml', '<a/>', 'CONVERT(xml, <<a/>>)'],
])('into %s, %s is %s', (type, text, literal) => {
  expect(written(type, text)).toBe(literal);
});

test.each([
  ['bit', '2', 'none of its values'],
  ['int', '1.5', 'none of its values'],
  ['decimal(12,2)', '1.005', 'more than 2 digits'],
  ['decimal(4,2)', '100', 'out of range'],
  ['float', 'Infinity', 'none of its values'],
  ['float', '1e400', 'out of range'],
  ['real', '1e-60', 'too small'],
  ['varbinary(2)', '\\x000102', 'too long'],
  ['binary(2)', '\\x00', 'too short'],
  ['datetime2(3)', '2024-02-29 10:00:00.0001', 'more than 3 digits'],
  ['datetime2(7)', '10000-01-01 00:00:00', 'years 1 to 9999'],
  ['datetime2(7)', '0001-01-01 00:00:00+02', 'years 1 to 9999'],
  ['datetime2(7)', '2023-02-29 00:00:00', 'none of its values'],
  ['datetime', '2024-02-29 10:00:00.001', '300ths'],
  ['smalldatetime', '2024-02-29 10:00:01', 'minutes'],
  ['date', '2024-02-29 10:00:00', 'no time of day'],
  ['time(7)', '24:00:00', 'between'],
  ['uniqueidentifier', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11x', 'none of its values'],
  ['nvarchar(2)', 'ab ', 'too long'],
  ['nvarchar(9)', '\ud800', 'no Unicode text'],
])('into %s, %s is refused', (type, text, why) => {
  expect(() => into(type).value(text)).toThrow(Unstorable);
  expect(() => into(type).value(text)).toThrow(why);
});

test('floats and bytes are loaded as what they are, and all else as text', () => {
  expect(inputOf({ name: 'c', type: 'real' })).toMatchObject({ as: 'real' });
  expect(inputOf({ name: 'c', type: 'float' }).value('0.1')).toBe(0.1);
  expect(inputOf({ name: 'c', type: 'varbinary(9)' }).value('\\xff')).toEqual(Buffer.from([255]));
  expect(inputOf({ name: 'c', type: 'decimal(38,0)' })).toMatchObject({ as: 'text' });
});
