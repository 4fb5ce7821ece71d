import fc from 'fast-check';
import { parquetMetadata } from 'hyparquet';
import { expect, test } from 'vitest';
import type { Kind } from '#model/kind.ts';
import { parquetTexts } from '#verify/observe/objects/parquet-texts.ts';
import type { ObjectColumn } from './object-column.ts';
import { openParquet } from './parquet.ts';

const column = (name: string, kind: Kind): ObjectColumn => ({ name, type: kind.kind, nullable: true, kind });

/** Writes a column's texts, in groups of at most so many bytes of text, and gives the file. */
function fileOf(kind: Kind, texts: readonly (string | null)[], groupBytes?: number): Uint8Array {
  const body = openParquet({ table: 'public.t', columns: [column('c', kind)] }, groupBytes);
  for (const text of texts) body.add([text]);
  expect(body.rows).toBe(texts.length);
  return body.end();
}

const roundTrip = async (kind: Kind, texts: readonly (string | null)[], groupBytes?: number) =>
  (await parquetTexts(fileOf(kind, texts, groupBytes))).map(({ c }) => c);

const int64 = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String);
const digits = (max: number) => fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: max });
/** A number's canonical text with so many digits behind the point. */
const decimals = (precision: number, scale: number) =>
  fc.tuple(fc.constantFrom('', '-'), digits(precision)).map(([sign, text]) => {
    const all = text.replace(/^0+(?=\d)/, '').padStart(scale + 1, '0');
    const number = scale === 0 ? all : `${all.slice(0, -scale)}.${all.slice(-scale)}`;
    return /[1-9]/.test(number) ? `${sign}${number}` : number;
  });
const instants = fc
  .tuple(
    fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }),
    fc.integer({ min: 1, max: 999_999 }),
  )
  .map(([date, micros]) => {
    const fraction = String(micros).padStart(6, '0').replace(/0+$/, '');
    return `${date.toISOString().slice(0, 19).replace('T', ' ')}.${fraction}+00`;
  });

const DECIMAL = (precision: number, scale: number): Kind => ({ kind: 'decimal', precision, scale });
const cases: readonly (readonly [string, Kind, fc.Arbitrary<string>])[] = [
  ['integers', { kind: 'integer', bits: 64 }, int64],
  ['small integers', { kind: 'integer', bits: 16 }, fc.integer({ min: -32_768, max: 32_767 }).map(String)],
  ['the widest unsigned integers', { kind: 'integer', bits: 64, unsigned: true }, decimals(19, 0)],
  ['truths', { kind: 'boolean' }, fc.constantFrom('true', 'false')],
  ['decimals in 32 bits', DECIMAL(9, 2), decimals(9, 2)],
  ['decimals in 64 bits', DECIMAL(18, 18), decimals(18, 18)],
  ['decimals in bytes', DECIMAL(38, 7), decimals(38, 7)],
  ['decimals that are too wide', DECIMAL(65, 30), decimals(65, 30)],
  ['decimals without a scale', { kind: 'decimal' }, decimals(50, 9)],
  ['texts', { kind: 'text' }, fc.string({ unit: 'grapheme' })],
  ['moments', { kind: 'instant', digits: 6 }, instants],
  ['bytes', { kind: 'bytes' }, fc.uint8Array().map((bytes) => `\\x${Buffer.from(bytes).toString('hex')}`)],
];

test.each(cases)(
  '%s come back as they were, NULL among them, in groups and from a dictionary',
  async (_, kind, text) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.option(text), { minLength: 1 }),
        fc.integer({ min: 1, max: 500 }),
        async (texts, size) => {
          expect(await roundTrip(kind, texts, size)).toEqual(texts);
          const often = Array.from({ length: 40 }, () => texts).flat();
          expect(await roundTrip(kind, often)).toEqual(often);
        },
      ),
      { numRuns: 30 },
    );
  },
);

test.each([
  [
    { kind: 'float', bits: 64 },
    ['NaN', 'Infinity', '-Infinity', '0.1', '1e-323', '1.7976931348623157e+308', '-0', '0'],
  ],
  [{ kind: 'float', bits: 32 }, ['NaN', '-0', '0.1', '3.4028235e+38', '1e-45', '1.6777216e+07']],
  [{ kind: 'date' }, ['1970-01-01', '2000-02-29', '0044-03-15 BC', '9999-12-31', '5874897-12-31', '4713-01-01 BC']],
  [
    { kind: 'instant', digits: 6 },
    ['1969-12-31 23:59:59.999999+00', '0001-01-01 00:00:00+00', '0044-03-15 12:00:00+00 BC'],
  ],
  [
    { kind: 'local-timestamp', digits: 6 },
    ['2026-01-02 03:04:05.678901', '4713-01-01 00:00:00 BC', '294246-12-31 00:00:00'],
  ],
  [{ kind: 'year' }, ['1901', '2155']],
] as readonly [Kind, string[]][])('values at the ends of %j come back as they were', async (kind, texts) => {
  const often = Array.from({ length: 40 }, () => texts).flat();
  expect(await roundTrip(kind, often)).toEqual(often);
});

test.each([
  [{ kind: 'instant', digits: 6 }, 'infinity'],
  [{ kind: 'instant', digits: 6 }, '294276-12-31 23:59:59+00'],
  [{ kind: 'local-timestamp', digits: 0 }, '0000-00-00 00:00:00'],
  [{ kind: 'date' }, '2026-02-31'],
  [{ kind: 'date' }, '-infinity'],
  [{ kind: 'decimal', precision: 12, scale: 2 }, 'NaN'],
  [{ kind: 'decimal', precision: 3, scale: 1 }, '123.4'],
  [{ kind: 'integer', bits: 32 }, '2147483648'],
  [{ kind: 'integer', bits: 64 }, '9223372036854775808'],
  [{ kind: 'float', bits: 64 }, 'one'],
  [{ kind: 'boolean' }, '1'],
  [{ kind: 'bytes' }, '00ff'],
] as readonly [Kind, string][])('%j has no %s, and the error names it', (kind, text) => {
  expect(() => fileOf(kind, [text])).toThrow(/public.t: a value of c cannot be written as Parquet/);
});

test('a file says what its columns mean, and has a group as soon as one is full', () => {
  const columns = [
    column('small', { kind: 'integer', bits: 16 }),
    column('amount', DECIMAL(12, 2)),
    column('at', { kind: 'instant', digits: 6 }),
    column('clock', { kind: 'local-timestamp', digits: 6 }),
    column('nanos', { kind: 'instant', digits: 7 }),
    column('a.b "c"', { kind: 'uuid' }),
  ];
  const body = openParquet({ table: 't', columns }, 1000);
  const row = ['1', '2.50', '2026-01-02 01:04:05+00', '2026-01-02 01:04:05', 'n', 'u'];
  for (let rows = 0; rows < 100; rows += 1) body.add(row);
  expect(body.bytes).toBeLessThan(100 * row.join('').length);
  const { buffer, byteOffset, byteLength } = body.end();
  const {
    schema,
    row_groups: groups,
    num_rows: rows,
  } = parquetMetadata(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
  expect([rows, groups.length > 5]).toEqual([100n, true]);
  const micros = { type: 'TIMESTAMP', unit: 'MICROS' };
  expect(schema.slice(1)).toMatchObject([
    { name: 'small', type: 'INT32', repetition_type: 'OPTIONAL' },
    { name: 'amount', type: 'INT64', converted_type: 'DECIMAL', precision: 12, scale: 2 },
    {
      name: 'at',
      type: 'INT64',
      converted_type: 'TIMESTAMP_MICROS',
      logical_type: { ...micros, isAdjustedToUTC: true },
    },
    { name: 'clock', type: 'INT64', logical_type: { ...micros, isAdjustedToUTC: false } },
    { name: 'nanos', type: 'BYTE_ARRAY', converted_type: 'UTF8' },
    { name: 'a.b "c"', type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  ]);
  expect(schema[4]?.converted_type).toBeUndefined();
});
