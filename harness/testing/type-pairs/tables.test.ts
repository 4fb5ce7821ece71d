import { expect, test } from 'vitest';
import type { Corpus } from './corpus.ts';
import { createSql, expectedOf, insertSql, planOf } from './tables.ts';

const corpus: Corpus = {
  day: {
    type: 'date',
    made: 'date',
    values: [`'a'`, `'b'`, `'c'`],
    altered: [{ value: 0, to: null, only: 'snapshot' }],
    refused: { postgres: [{ value: 2, only: 'stream', why: 'no' }] },
    jdbc: { postgres: { altered: [{ value: 1, to: '0' }], stops: { values: [2], error: 'no' } } },
  },
  sum: { type: 'int AS (id)', made: 'int', values: ['DEFAULT'], required: true },
  bit: { type: 'bit', made: 'bit', values: ['1'], jdbc: { postgres: { stops: { error: 'no bit' } } } },
};

test('a value that is refused goes into a table of its own, and every other into one of all', () => {
  const { all, refused } = planOf(corpus, 'postgres');
  expect(createSql(all)).toBe(
    'CREATE TABLE all_postgres (id int PRIMARY KEY, v_day date, v_sum int AS (id), v_bit bit)',
  );
  expect(insertSql(all, 100)).toBe(
    `INSERT INTO all_postgres (id, v_day, v_sum, v_bit) VALUES (100, 'a', DEFAULT, 1), (101, 'b', DEFAULT, NULL), (102, NULL, DEFAULT, NULL)`,
  );
  expect(refused.map((table) => insertSql(table, 0))).toEqual([
    `INSERT INTO refused_postgres_day (id, v_day) VALUES (0, 'c')`,
  ]);
  expect(expectedOf(all, 'postgres', 'builtin')).toEqual({ '["0"]': { v_day: null } });
  expect(refused.map((table) => expectedOf(table, 'postgres', 'builtin'))).toEqual([{ '["100"]': 'lost' }]);
});

test('a sink that refuses nothing has all values in one table', () => {
  expect(planOf(corpus, 'mariadb').refused).toEqual([]);
  expect(insertSql(planOf(corpus, 'mariadb').all, 0)).toContain(`(2, 'c', DEFAULT, NULL)`);
});

test('a value that an applier makes right again is expected as it was', () => {
  const right: Corpus = {
    bits: {
      ...{ type: 'bit', made: 'bit', values: ['1'], altered: [{ value: 0, to: '0' }] },
      jdbc: { postgres: { altered: [{ value: 0, to: '1', right: true }] } },
    },
  };
  const { all, carried } = planOf(right, 'postgres');
  expect(expectedOf(all, 'postgres', 'builtin')).toEqual({ '["0"]': { v_bits: '0' }, '["100"]': { v_bits: '0' } });
  expect(expectedOf(carried, 'postgres', 'jdbc')).toEqual({});
});

test('a connector is spared what it stops at, and what it alters comes before what the capture does', () => {
  const { carried, stops } = planOf(corpus, 'postgres');
  expect(insertSql(carried, 0)).toBe(
    `INSERT INTO carried_postgres (id, v_day, v_sum) VALUES (0, 'a', DEFAULT), (1, 'b', DEFAULT), (2, NULL, DEFAULT)`,
  );
  expect(stops.map(({ table, error }) => [insertSql(table, 0), error])).toEqual([
    [`INSERT INTO stops_postgres_day (id, v_day) VALUES (0, 'c')`, 'no'],
    [`INSERT INTO stops_postgres_bit (id, v_bit) VALUES (0, 1)`, 'no bit'],
  ]);
  expect(expectedOf(carried, 'postgres', 'jdbc')).toEqual({
    '["0"]': { v_day: null },
    '["1"]': { v_day: '0' },
    '["101"]': { v_day: '0' },
  });
});
