import { expect, test } from 'vitest';
import type { ColumnPair, ReadPlan } from '#engines/port/compare.ts';
import { planHashSql } from './digests.ts';

const NEW = { hashesBytes: true, utf8: true };
const column = (name: string, type: string) => ({ name, type, nullable: false, generated: false });
const pair = (source: string, sink: string): ColumnPair => ({ source: column('a', source), sink: column('b', sink) });
const hash = (side: 'source' | 'sink', ...columns: readonly ColumnPair[]) => {
  const plan: ReadPlan = {
    ...{ side, key: [], columns, bookkeeping: [] },
    table: { schema: 'shop', name: 'a', columns: [], key: [] },
  };
  return planHashSql(plan, 'row-hash', NEW);
};
const FIRST = '8190237465019283745';

test('a row is hashed column by column, each side’s under its own name', () => {
  expect(hash('source', pair('integer', 'integer'), pair('uuid', 'uuid'))).toBe(
    `uuid_hash_extended(t."a", hashint4extended(t."a", ${FIRST}))`,
  );
  expect(hash('sink', pair('integer', 'bigint'))).toBe(`hashint4extended(1, ${FIRST} # t."b")`);
});

test('numbers of several spellings are hashed by value, unless the pair is exact', () => {
  expect(hash('sink', pair('numeric', 'numeric'))).toBe(`hashbyteaextended(numeric_send(trim_scale(t."b")), ${FIRST})`);
  expect(hash('sink', { ...pair('numeric', 'numeric'), exact: true })).toBe(
    `hashbyteaextended(numeric_send(t."b"), ${FIRST})`,
  );
});
