import { expect, test } from 'vitest';
import { mariadbFlavour } from './flavour/mariadb.ts';
import { partitionSql, type ReadColumn, type ReadTable, shapeOf } from './shapes.ts';
import { surveyorOf, whereSql } from './surveyor.ts';

const column = (name: string, type: string, more: Partial<ReadColumn> = {}): ReadColumn => ({
  ...{ table: 't', name, type, nullable: 'NO', generated: '0', computed: null },
  ...{ identity: '0', hasDefault: '0', charset: null, ...more },
});

const table = (columns: readonly ReadColumn[], more: Partial<ReadTable> = {}): ReadTable => ({
  ...{ name: 't', columns, unique: [], foreign: [], checks: [], partitions: undefined, triggers: false, ...more },
});

test.each([
  ['bigint(20) unsigned', {}, { kind: { kind: 'integer', bits: 64, unsigned: true } }],
  ['tinyint(1)', {}, { kind: { kind: 'boolean' } }],
  ['float(5,2)', {}, { kind: { kind: 'decimal', precision: 5, scale: 2 } }],
  ['float', {}, { kind: { kind: 'float', bits: 32 } }],
  ['char(4)', { charset: 'utf8mb4' }, { kind: { kind: 'text', length: 4, padded: true }, fixed: true }],
  ['varchar(9)', { charset: 'latin1' }, { kind: { kind: 'text', length: 9 }, ascii: true }],
  ['binary(2)', {}, { kind: { kind: 'bytes', length: 2 }, fixed: true }],
  ['time(3)', {}, { kind: { kind: 'duration' } }],
  ["enum('a','it''s')", { charset: 'utf8mb4' }, { kind: { kind: 'enum', labels: ['a', "it's"] } }],
] as const)('a column of type %s is one of the kind that it takes', (type, more, expected) => {
  expect(shapeOf(table([column('c', type, more)])).columns).toEqual([
    {
      ...{ name: 'c', type, nullable: false, generated: false, identity: false, hasDefault: false, wholeRange: true },
      ...expected,
    },
  ]);
});

test('a text that is checked for JSON is a document, and the check is no other', () => {
  const shape = shapeOf(table([column('d', 'longtext')], { checks: ['json_valid(`d`)', '`d` <> 3'] }));
  expect(shape.columns[0]?.kind).toEqual({ kind: 'json' });
  expect(shape.checks).toEqual([{ columns: ['d'], sql: '`d` <> 3' }]);
});

test('keys, unique sets and foreign keys have their columns in order', () => {
  const shape = shapeOf(
    table([column('a', 'int(11)'), column('b', 'int(11)')], {
      unique: [
        { index: 'PRIMARY', name: 'b' },
        { index: 'PRIMARY', name: 'a' },
        { index: 'u', name: 'a' },
      ],
      foreign: [
        { table: 't', constraint: 'f', name: 'a', parentSchema: 'db', parent: 'p', parentColumn: 'x' },
        { table: 't', constraint: 'f', name: 'b', parentSchema: 'db', parent: 'p', parentColumn: 'y' },
        { table: 't', constraint: 'g', name: 'b', parentSchema: 'elsewhere', parent: 'q', parentColumn: 'id' },
      ],
    }),
  );
  expect([shape.id, shape.key, shape.uniques]).toEqual(['db.t', ['b', 'a'], [['a']]]);
  expect(shape.foreign).toEqual([
    { columns: ['a', 'b'], parent: 'db.p', parentColumns: ['x', 'y'] },
    { columns: ['b'], parent: 'elsewhere.q', parentColumns: ['id'] },
  ]);
});

test('numbers stay small where a generated column or a trigger computes with them', () => {
  const columns = [column('a', 'int(11)'), column('b', 'int(11)'), column('s', 'int(11)', { computed: '`a` * 2' })];
  const wide = (more: Partial<ReadTable>) => shapeOf(table(columns, more)).columns.map(({ wholeRange }) => wholeRange);
  expect(wide({})).toEqual([undefined, true, true]);
  expect(wide({ triggers: true })).toEqual([undefined, undefined, undefined]);
});

test.each([
  ["`a` in ('x','it\\'s')", ['a'], "`a` in ('x','it''s')"],
  ["`a` <> '`b`' and `B``c` > 0", ['a', 'B`c'], "`a` <> '`b`' and `B``c` > 0"],
  ["`a` <> 'x\\\\y'", ['a'], "`a` <> _utf8mb4 x'785c79'"],
])('a check %s is about the columns that it names, and means the same in every mode', (shown, columns, sql) => {
  const names = ['a', 'b', 'B`c'].map((name) => column(name, 'varchar(9)'));
  expect(shapeOf(table(names, { checks: [shown] })).checks).toEqual([{ columns, sql }]);
});

test.each([
  ['RANGE', 'year(`d`)', '2020\n2024', '(year(`d`)) < (2024)'],
  ['RANGE', 'year(`d`)', '2020\nMAXVALUE', undefined],
  ['RANGE COLUMNS', '`a`,`b`', "1,'x'\n2,'y'", "(`a`,`b`) < (2,'y')"],
  ['LIST', '`z`', '1,2\n7', '(`z`) IN (1, 2, 7) IS TRUE'],
  ['LIST', '`z`', '1\nNULL', '(`z`) IN (1) IS TRUE OR (`z`) IS NULL'],
  ['LIST', '`z`', '1\nDEFAULT', undefined],
  ['HASH', '`id`', null, undefined],
])('a row of a table parted by %s falls into a partition', (method, expression, bounds, sql) => {
  expect(partitionSql({ method, expression, bounds })).toBe(sql);
});

test('only checks that are about no other column are asked', () => {
  const checks = [
    { columns: ['a'], sql: 'a > 0' },
    { columns: ['a', 'b'], sql: 'a > b' },
    { columns: [], sql: 'FALSE' },
  ];
  expect(whereSql([{ name: 'a' }], checks)).toBe(' WHERE (a > 0) IS NOT FALSE');
  expect(whereSql([{ name: 'c' }], checks)).toBe('');
});

test('values of types that no other engine has', () => {
  const own = (type: string) =>
    surveyorOf(mariadbFlavour).ownValue(
      { kind: 'other', type },
      () => 7,
      () => undefined,
    );
  expect(['inet4', 'inet6', 'point'].map(own)).toEqual(['10.7.7.7', 'fd00::8', undefined]);
  expect(surveyorOf(mariadbFlavour).ownDistinct({ kind: 'other', type: 'inet4' }, 258n)).toBe('172.0.1.2');
  expect(surveyorOf(mariadbFlavour).ownDistinct({ kind: 'other', type: 'point' }, 1n)).toBeUndefined();
});
