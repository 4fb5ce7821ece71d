import { expect, test } from 'vitest';
import { typeName } from './kinds.ts';

test.each([
  [{ kind: 'integer', bits: 8 }, 'smallint'],
  [{ kind: 'integer', bits: 8, unsigned: true }, 'smallint'],
  [{ kind: 'integer', bits: 16, unsigned: true }, 'integer'],
  [{ kind: 'integer', bits: 24, unsigned: true }, 'integer'],
  [{ kind: 'integer', bits: 32 }, 'integer'],
  [{ kind: 'integer', bits: 32, unsigned: true }, 'bigint'],
  [{ kind: 'integer', bits: 64 }, 'bigint'],
  [{ kind: 'integer', bits: 64, unsigned: true }, 'numeric(20,0)'],
  [{ kind: 'decimal' }, 'numeric'],
  [{ kind: 'decimal', precision: 12, scale: 2 }, 'numeric(12,2)'],
  [{ kind: 'text' }, 'text'],
  [{ kind: 'text', length: 40 }, 'character varying(40)'],
  [{ kind: 'instant', digits: 6 }, 'timestamp with time zone'],
  [{ kind: 'instant', digits: 3 }, 'timestamp(3) with time zone'],
  [{ kind: 'local-time', digits: 0 }, 'time(0) without time zone'],
  [{ kind: 'array', element: { kind: 'set', labels: ['a'] } }, 'text[][]'],
] as const)('a type holds every value of its kind: %j is %s', (kind, type) => {
  expect(typeName(kind)).toBe(type);
});
