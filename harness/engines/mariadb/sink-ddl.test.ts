import { expect, test } from 'vitest';
import type { Table } from '#model/catalog.ts';
import type { EventColumn } from '#model/change-event.ts';
import { recorded } from '#testing/asked.ts';
import { mariadbFlavour } from './flavour/mariadb.ts';
import { addColumnSql, createSinkTable, createTableSql, sinkColumns, widerType } from './sink-ddl.ts';

const column = (name: string, type: string) => ({ name, type, nullable: false, generated: false });
const table: Table = {
  ...{ schema: 'db', name: 'it`s', key: ['id'] },
  columns: [column('id', 'bigint(20)'), column('note', 'text'), column('place', 'point'), column('at', 'timestamp(3)')],
};
const TAIL = ') ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin';
const OWN =
  '`_cdc_op` varchar(1) NULL, `_cdc_lsn` bigint(20) NULL, `_cdc_captured_at` datetime(6) NULL, `_cdc_received` datetime(6) NULL';

test('a sink’s table demands its key only, and tells texts apart by every character', () => {
  expect(createTableSql(table, { keyed: true }, mariadbFlavour)).toBe(
    `CREATE TABLE IF NOT EXISTS \`it\`\`s\` (\`id\` bigint(20) NOT NULL, \`note\` longtext NULL, \`place\` longtext NULL, \`at\` datetime(3) NULL, ${OWN}, PRIMARY KEY (\`id\`)${TAIL}`,
  );
});

test('without a primary key a replayed insert shows; positions of 76 bits have a wider column', () => {
  const sql = createTableSql(table, { keyed: false, widePositions: true }, mariadbFlavour);
  expect(sql).toContain('`_cdc_lsn` decimal(65,0) NULL');
  expect(sql).toContain(', KEY (`id`))');
});

test('a unique index by which events are keyed is the key, where it names rows', () => {
  const unique = (namesRows: boolean): Table => ({ ...table, key: [], unique: { columns: ['id'], namesRows } });
  expect(createTableSql(unique(true), { keyed: true }, mariadbFlavour)).toContain('PRIMARY KEY (`id`)');
  expect(createTableSql(unique(false), { keyed: true }, mariadbFlavour)).toContain('`id` bigint(20) NULL');
  expect(createTableSql(unique(false), { keyed: true }, mariadbFlavour)).toContain('UNIQUE KEY (`id`)');
});

test('columns of a key are named in their order; a table without a key has none', () => {
  const two: Table = { ...table, key: ['id', 'note'] };
  expect(createTableSql(two, { keyed: true }, mariadbFlavour)).toContain('PRIMARY KEY (`id`, `note`))');
  expect(createTableSql({ ...table, key: [] }, { keyed: true }, mariadbFlavour)).toContain(`(\`id\` bigint(20) NULL, `);
  expect(createTableSql({ ...table, key: [] }, { keyed: true }, mariadbFlavour)).toContain(`${OWN}${TAIL}`);
});

test.each([
  ['tinytext', 'longtext'],
  ['varchar(20)', 'varchar(20)'],
  ['inet4', 'inet4'],
  ['inet6', 'inet6'],
  ['timestamp', 'datetime'],
])('a column of type %s is %s at the sink', (type, made) => {
  expect(sinkColumns([column('a', type)], [])).toMatchObject([{ name: 'a', type: made }]);
});

test('a type without a text of its values becomes a text, and is returned', async () => {
  const { database } = recorded();
  expect(await createSinkTable(database, table, { keyed: true }, mariadbFlavour)).toEqual([
    { column: 'place', type: 'point' },
  ]);
});

test.each([
  [['longtext'], ['varchar(768)']],
  [['varchar(700)'], ['varchar(700)']],
  [['varchar(4000)'], ['varchar(768)']],
  [['longblob'], ['varbinary(3072)']],
  [
    ['bigint(20)', 'longtext'],
    ['bigint(20)', 'varchar(758)'],
  ],
  [
    ['longtext', 'longblob'],
    ['varchar(384)', 'varbinary(1536)'],
  ],
  [Array(8).fill('char(96)'), Array(8).fill('char(96)')],
  [Array(16).fill('binary(192)'), Array(16).fill('binary(192)')],
])('a key of %j is made as %j: an index holds 3072 bytes', (types, made) => {
  const columns = types.map((type, index) => column(`k${index}`, type));
  const names = columns.map(({ name }) => name);
  expect(sinkColumns(columns, names).map(({ type }) => type)).toEqual(made);
});

const texts = ['varchar(4000)', 'varchar(4000)', 'varchar(4000)'];
test.each([
  [
    ['varchar(100)', ...texts],
    ['varchar(100)', ...texts],
  ],
  [
    ['varchar(100)', ...texts, 'varchar(4000)'],
    ['varchar(100)', ...Array(4).fill('longtext')],
  ],
  [
    ['int(11)', 'varbinary(60000)'],
    ['int(11)', 'varbinary(60000)'],
  ],
  [
    ['int(11)', 'varbinary(59960)', 'bit(64)'],
    ['int(11)', 'varbinary(59960)', 'bit(64)'],
  ],
  [
    ['int(11)', 'varbinary(60000)', 'varchar(1)', 'int(11)', 'longblob'],
    ['int(11)', 'longblob', 'longtext', 'int(11)', 'longblob'],
  ],
])(
  'columns of the types %j are made as %j: a row holds 64 KB, and what does not fit is kept beside it',
  (types, made) => {
    const columns = types.map((type, index) => column(`c${index}`, type));
    expect(sinkColumns(columns, ['c0']).map(({ type }) => type)).toEqual(made);
  },
);

const event = (name: string, connectType: string, more: Partial<EventColumn> = {}): EventColumn => ({
  name,
  connectType,
  optional: true,
  ...more,
});

test.each([
  [event('a', 'int32'), '`a` int(11) NULL'],
  [event('a', 'string', { default: "it's", optional: false }), "`a` longtext NOT NULL DEFAULT 'it''s'"],
  [event('a', 'boolean', { default: 't' }), '`a` tinyint(1) NULL DEFAULT 1'],
  [event('a', 'struct'), '`a` longtext NULL'],
  [event('a', 'string', { semantic: 'io.debezium.time.ZonedTimestamp' }), '`a` datetime(6) NULL'],
  [
    event('a', 'int32', { semantic: 'io.debezium.time.Date', default: '2024-01-01' }),
    "`a` date NULL DEFAULT DATE'2024-01-01'",
  ],
  [event('a', 'string', { semantic: 'io.debezium.data.Enum' }), '`a` longtext NULL'],
  [event('a', 'string', { semantic: 'io.debezium.data.Json' }), '`a` longtext NULL'],
  [event('a', 'string', { semantic: 'io.debezium.data.Uuid' }), '`a` uuid NULL'],
  [event('a', 'struct', { semantic: 'io.debezium.data.VariableScaleDecimal' }), '`a` decimal(65,19) NULL'],
  [event('a', 'int32', { semantic: 'io.debezium.time.Year' }), '`a` year(4) NULL'],
  [event('a', 'int64', { semantic: 'io.debezium.time.MicroTime' }), '`a` time(6) NULL'],
  [event('a', 'int64', { semantic: 'io.debezium.time.MicroTimestamp' }), '`a` datetime(6) NULL'],
  [event('a', 'int64', { semantic: 'io.debezium.time.MicroDuration' }), '`a` varchar(100) NULL'],
  [event('a', 'float'), '`a` float NULL'],
  [event('a', 'double'), '`a` double NULL'],
  [event('a', 'bytes'), '`a` longblob NULL'],
  [event('a', 'bytes', { semantic: 'io.debezium.data.Bits' }), '`a` bit(64) NULL'],
  [event('a', 'bytes', { semantic: 'org.apache.kafka.connect.data.Decimal' }), '`a` decimal(65,19) NULL'],
  [event('a', 'bytes', { semantic: 'io.debezium.data.Bits', parameters: { length: '12' } }), '`a` bit(12) NULL'],
  [event('a', 'bytes', { semantic: 'io.debezium.data.Bits', parameters: { length: '99' } }), '`a` longtext NULL'],
  [
    event('a', 'bytes', {
      semantic: 'org.apache.kafka.connect.data.Decimal',
      parameters: { scale: '2', 'connect.decimal.precision': '12' },
      default: '1.5',
    }),
    '`a` decimal(12,2) NULL DEFAULT 1.5',
  ],
])('%j is added as %s', (added, definition) => {
  expect(addColumnSql('db.t', added, mariadbFlavour)).toBe(`ALTER TABLE \`t\` ADD COLUMN IF NOT EXISTS ${definition}`);
});

const decimal = (precision: string, scale: string): EventColumn =>
  event('a', 'bytes', {
    semantic: 'org.apache.kafka.connect.data.Decimal',
    parameters: { scale, 'connect.decimal.precision': precision },
  });

test.each([
  ['int(11)', event('a', 'int64'), 'bigint(20)'],
  ['smallint(6)', event('a', 'int32'), 'int(11)'],
  ['int(11)', event('a', 'int32'), undefined],
  ['bigint(20)', event('a', 'int16'), undefined],
  ['tinyint(4)', event('a', 'int16'), undefined],
  ['int(10) unsigned', event('a', 'int64'), undefined],
  ['smallint(5) unsigned', event('a', 'int64'), 'bigint(20)'],
  ['int(11)', event('a', 'int64', { semantic: 'io.debezium.time.MicroTimestamp' }), undefined],
  ['longtext', event('a', 'int64'), undefined],
  ['int(11)', event('a', 'string'), undefined],
  ['tinyint(1)', event('a', 'int16'), undefined],
  ['tinyint(1)', event('a', 'int32'), 'int(11)'],
  ['float', event('a', 'double'), 'double'],
  ['float', event('a', 'float'), undefined],
  ['double', event('a', 'double'), undefined],
  ['bigint(20)', decimal('12', '2'), undefined],
  ['decimal(12,2)', event('a', 'bytes', { semantic: 'org.apache.kafka.connect.data.Decimal' }), undefined],
  ['decimal(12,2)', decimal('12', '2'), undefined],
  ['decimal(12,2)', decimal('10', '4'), 'decimal(14,4)'],
  ['decimal(12,2)', decimal('20', '0'), 'decimal(22,2)'],
  ['decimal(60,2)', decimal('60', '10'), undefined],
])('a column of type %s that gets %j becomes %s', (type, sent, wider) => {
  expect(widerType(type, sent, mariadbFlavour)).toBe(wider);
});
