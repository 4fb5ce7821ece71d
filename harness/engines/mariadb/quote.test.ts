import { expect, test } from 'vitest';
import { mariadbFlavour } from './flavour/mariadb.ts';
import { boundValue, quoteIdent, quoteLiteral, quoteTable } from './quote.ts';

test('a table of the engine’s one schema is named by its name alone', () => {
  expect(quoteTable('db.orders')).toBe('`orders`');
  expect(quoteTable('orders')).toBe('`orders`');
  expect(quoteTable('db.a.b`c')).toBe('`a.b``c`');
  expect(quoteTable('elsewhere.t')).toBe('`elsewhere`.`t`');
  expect(quoteIdent('`')).toBe('````');
});

test('a text means the same in every sql_mode', () => {
  expect(quoteLiteral("it's")).toBe("'it''s'");
  expect(quoteLiteral("\\'")).toBe("_utf8mb4 x'5c27'");
  expect(quoteLiteral('\\é')).toBe("_utf8mb4 x'5cc3a9'");
});

test.each([
  [null, 'NULL'],
  [undefined, 'NULL'],
  [true, 'true'],
  [-1.5, '-1.5'],
  [18446744073709551615n, '18446744073709551615'],
  ["x'; --", "_utf8mb4 x'78273b202d2d'"],
  [new Uint8Array([0, 255]), "x'00ff'"],
  [{ a: 1 }, "_utf8mb4 x'7b2261223a317d'"],
])('%s is bound as %s', (value, sql) => expect(boundValue(value)).toBe(sql));

test('a number that the server has none for is not bound', () => {
  expect(() => boundValue(Number.NaN)).toThrow('MariaDB has no number NaN');
});

test('no character of a parameter, nor of a statement that has some, reaches the server as SQL', () => {
  expect(mariadbFlavour.bound('SELECT ?', ["'"])).toBe(
    "EXECUTE IMMEDIATE _utf8mb4 x'53454c454354203f' USING _utf8mb4 x'27'",
  );
});
