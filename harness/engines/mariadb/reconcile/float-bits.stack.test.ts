import { describe, expect, test } from 'vitest';
import type { Engine } from '#engines/port/engine.ts';
import { startTestMariadb } from '#testing/mariadb.ts';
import { startTestMysql } from '#testing/mysql.ts';
import { describeMysql } from '#testing/with-mysql.ts';
import { mariadb, mysql } from '../engine.ts';
import { columnForms } from './forms.ts';

/** The ends of ranges, powers of two and their neighbours, and numbers whose logarithm is rounded over one. */
const ENDS = [0, -0, 1, -1, 5e-324, 2.225073858507201e-308, 2.2250738585072014e-308, 1.7976931348623157e308, 0.1, 1e22];

function numberOf(bits: bigint): number {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt.asUintN(64, bits));
  return bytes.readDoubleBE();
}

function bitsOf(number: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(number);
  return bytes.toString('hex');
}

const POWERS = Array.from({ length: 2046 }, (_, n) => BigInt(n + 1) << 52n).flatMap((bits) =>
  [bits - 1n, bits, bits + 1n].map(numberOf),
);
/** Any bits at all, the same ones each time. */
const ANY = Array.from({ length: 3000 }, (_, n) => numberOf(BigInt(n + 1) * 0x9e3779b97f4a7c15n));
const DOUBLES = [...ENDS, ...POWERS, ...ANY].filter(Number.isFinite);

const formOf = (name: string, type: string): string => {
  const column = { name, type, nullable: true, generated: false, order: undefined };
  return columnForms({ name, source: column, target: column, form: 'float-bits' }, 'source').text;
};

function testBits(engine: Engine, start: typeof startTestMariadb): void {
  test('the bits of a float are those of IEEE 754, of one with 32 bits those of its value', async () => {
    await using running = await start();
    const database = await engine.server.create(running.server, 'bits');
    await database.query('CREATE TABLE floats (id int PRIMARY KEY, d double, f float)');
    const single = (value: number): number => (Number.isFinite(Math.fround(value)) ? Math.fround(value) : 1);
    for (let from = 0; from < DOUBLES.length; from += 500) {
      const rows = DOUBLES.slice(from, from + 500).map(
        (value, n) => `(${from + n}, ${text(value)}, ${text(single(value))})`,
      );
      await database.query(`INSERT INTO floats VALUES ${rows.join(', ')}`);
    }
    const read = await database.query<{ d: string; f: string }>(
      `SELECT ${formOf('d', 'double')} AS d, ${formOf('f', 'float')} AS f FROM floats AS t ORDER BY id`,
    );
    expect(read.map(({ d }) => d)).toEqual(DOUBLES.map(bitsOf));
    expect(read.map(({ f }) => f)).toEqual(DOUBLES.map((value) => bitsOf(single(value))));
    await database.query('INSERT INTO floats VALUES (-1, NULL, NULL)');
    expect(await database.query(`SELECT ${formOf('d', 'double')} AS d FROM floats AS t WHERE id = -1`)).toEqual([
      { d: null },
    ]);
    await database.close();
  });
}

/** The server reads a text to the nearest double, and knows -0 by its exponent only. */
const text = (value: number): string => (Object.is(value, -0) ? '-0e0' : value.toExponential());

describe('MariaDB', () => testBits(mariadb, startTestMariadb));
describeMysql('MySQL', () => testBits(mysql, startTestMysql));
