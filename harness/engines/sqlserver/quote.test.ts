import { expect, test } from 'vitest';
import {
  bytesLiteral,
  concatSql,
  hexLiteral,
  latestRows,
  parameter,
  quoteIdent,
  quoteLiteral,
  quoteTable,
  SQLSERVER_SCHEMA,
  splitTableId,
  tableOf,
  textOf,
} from './quote.ts';

test('a name stands in brackets, whatever is in it', () => {
  expect(quoteIdent('a]b[c')).toBe('[a]]b[c]');
  expect(quoteTable('orders')).toBe('[dbo].[orders]');
  expect(quoteTable('sales.a.b')).toBe('[sales].[a.b]');
  expect(splitTableId('t')).toEqual({ schema: SQLSERVER_SCHEMA, name: 't' });
});

test.each([
  ["it's", "N'it''s'"],
  ['', "N''"],
  ['a\\b', "N'a\\b'"],
  // A backslash at a line's end would take the break away.
  ['\\\nx', 'CONVERT(nvarchar(max), 0x5c000a007800)'],
  ['\0', 'CONVERT(nvarchar(max), 0x0000)'],
  ['😀', "N'😀'"],
])('the text %j is written as %s', (text, sql) => expect(quoteLiteral(text)).toBe(sql));

test('a text in hex has its units of UTF-16, in the order of an nvarchar', () => {
  expect(hexLiteral("é'😀")).toBe('CONVERT(nvarchar(max), 0xe90027003dd800de)');
});

test('more texts than CONCAT takes are put together in several, whatever their number', () => {
  expect(concatSql("''", ['a', 'b'])).toBe("CONCAT('', a, b)");
  for (const count of [1, 253, 254, 506, 1000, 70_000]) {
    const texts = Array.from({ length: count }, (_, n) => `t${n}`);
    const sql = concatSql("''", texts);
    expect(sql.match(/t\d+/g)).toEqual(texts);
    // From the inside out: each is one of the values of the next.
    let left = sql;
    while (left !== 'one') {
      const [inner = '', values = ''] = /CONCAT\(([^()]*)\)/.exec(left) ?? [];
      const taken = values.split(', ').length;
      expect([taken >= 2, taken <= 254]).toEqual([true, true]);
      left = left.replace(inner, 'one');
    }
  }
});

test('bytes are written in hex, none of them as well', () => {
  expect(bytesLiteral(new Uint8Array([0, 255]))).toBe('0x00ff');
  expect(bytesLiteral(new Uint8Array())).toBe('0x');
});

const named = (...names: readonly string[]) => names.map((name) => ({ name, quoted: false }));

test.each([
  [['Orders'], 'dbo.Orders'],
  [['Sales', 'Orders'], 'Sales.Orders'],
  [['app', 'Sales', 'Orders'], 'Sales.Orders'],
  [['app', '', 'Orders'], 'dbo.Orders'],
])('SQL that names %j means the table %s', (parts, id) => expect(tableOf(named(...parts))).toBe(id));

test('the latest of the rows with the same key are a row source', () => {
  expect(latestRows('dbo.v', ['id', 'n'], 'at')).toBe(
    '(SELECT * FROM (SELECT every_row.*, ROW_NUMBER() OVER (PARTITION BY [id], [n] ORDER BY (at) DESC) ' +
      'AS driftlab_rank FROM [dbo].[v] AS every_row) AS ranked WHERE driftlab_rank = 1)',
  );
  expect(textOf('a')).toBe('CONVERT(nvarchar(max), (a))');
  expect(parameter(2)).toBe('@p2');
});
