import { expect, test } from 'vitest';
import { parseTestDecoding } from './test-decoding.ts';

test('an insert with every kind of value', () => {
  const line = `table public.users: INSERT: id[integer]:1 name[text]:'it''s [a] "b": c' tags[text[]]:'{a,b}' at[timestamp with time zone]:'2026-01-01 00:00:00+00' ok[boolean]:true none[text]:null bits[bit varying]:B'101'`;
  expect(parseTestDecoding(line)).toEqual([
    {
      table: 'public.users',
      kind: 'insert',
      row: {
        ...{ id: '1', name: `it's [a] "b": c`, tags: '{a,b}', at: '2026-01-01 00:00:00+00', ok: 'true', none: null },
        bits: '101',
      },
    },
  ]);
});

test('an update that changes the key has both, and a value that is left out has no entry', () => {
  const line = `table "my.Schema"."odd ""name": UPDATE: old-key: "Id"[integer]:1 new-tuple: "Id"[integer]:2 body[text]:unchanged-toast-datum n[integer]:-3`;
  expect(parseTestDecoding(line)).toEqual([
    { table: 'my.Schema.odd "name', kind: 'update', old: { Id: '1' }, row: { Id: '2', n: '-3' } },
  ]);
});

test('a delete has its key, or nothing where the table has none', () => {
  expect(parseTestDecoding(`table public.t: DELETE: a[uuid]:'x' b[text]:'new-tuple: '`)).toEqual([
    { table: 'public.t', kind: 'delete', old: { a: 'x', b: 'new-tuple: ' } },
  ]);
  expect(parseTestDecoding('table public.t: DELETE: (no-tuple-data)')).toEqual([{ table: 'public.t', kind: 'delete' }]);
});

test.each([
  'BEGIN',
  'COMMIT',
  'table public.a, public.b: TRUNCATE: (no-flags)',
  'message: transactional: 1 prefix: x, sz: 2 content:ab',
])('%s is no change of a row', (line) => {
  expect(parseTestDecoding(line)).toEqual([]);
});
