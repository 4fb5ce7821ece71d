import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Kind } from '#model/kind.ts';
import { jsonLineOf, textsOfLine } from './json-lines.ts';
import type { ObjectColumn } from './object-column.ts';

const column = (name: string, kind: Kind): ObjectColumn => ({ name, type: kind.kind, nullable: true, kind });

test('numbers and truths are JSON numbers and truths, all else is a string, exactly as it is', () => {
  const columns = [
    column('id', { kind: 'integer', bits: 64 }),
    column('amount', { kind: 'decimal', precision: 12, scale: 2 }),
    column('ratio', { kind: 'float', bits: 64 }),
    column('on', { kind: 'boolean' }),
    column('no "te"', { kind: 'text' }),
    column('none', { kind: 'text' }),
  ];
  const line = jsonLineOf(columns);
  expect(line(['9007199254740993', '3.10', '1e+20', 'true', 'a\n"ü"\u2028', null])).toBe(
    '{"id":9007199254740993,"amount":"3.10","ratio":1e+20,"on":true,"no \\"te\\"":"a\\n\\"ü\\"\u2028","none":null}',
  );
  expect(line(['1', '1', 'NaN', 'false', '', ''])).toContain('"ratio":"NaN"');
});

test('every text comes back as it was', () => {
  const kinds: readonly Kind[] = [{ kind: 'integer', bits: 64 }, { kind: 'text' }, { kind: 'float', bits: 64 }];
  const texts = fc.tuple(
    fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String),
    fc.option(fc.string({ unit: 'grapheme' })),
    fc.constantFrom('NaN', '-0', '1e-07', 'Infinity', '0.1', '123456789.25'),
  );
  const columns = kinds.map((kind, at) => column(`c${at}`, kind));
  fc.assert(
    fc.property(texts, (given) => {
      expect(Object.values(textsOfLine(jsonLineOf(columns)(given)))).toEqual(given);
    }),
  );
});
