import { expect, test } from 'vitest';
import { NOW } from '#model/change.ts';
import type { ColumnDefinition, TableDefinition } from '#model/definition.ts';
import { addColumn, createTableSql, createTables, insertRows } from './definitions.ts';
import { mariadbFlavour } from './flavour/mariadb.ts';

test('a table is made with its keys, its indexes and the defaults of its columns', () => {
  const sql = createTableSql(
    {
      name: 'lines',
      columns: [
        { name: 'order_id', kind: { kind: 'integer', bits: 64 } },
        { name: 'paid', kind: { kind: 'boolean' }, default: true },
        { name: 'note', kind: { kind: 'text' }, nullable: true },
        { name: 'state', kind: { kind: 'text', length: 9 }, default: "it's" },
        { name: 'at', kind: { kind: 'instant', digits: 6 }, default: NOW },
        { name: 'sent', kind: { kind: 'instant', digits: 6 }, nullable: true },
      ],
      key: ['order_id'],
      foreign: [{ columns: ['order_id'], table: 'orders_of', references: ['id'] }],
      indexes: [['paid', 'at']],
    },
    mariadbFlavour,
  );
  expect(sql.split(', ')).toEqual([
    'CREATE TABLE `lines` (`order_id` bigint(20) NOT NULL',
    '`paid` tinyint(1) NOT NULL DEFAULT 1',
    '`note` longtext NULL DEFAULT NULL',
    "`state` varchar(9) NOT NULL DEFAULT 'it''s'",
    '`at` timestamp(6) NOT NULL DEFAULT current_timestamp(6)',
    '`sent` timestamp(6) NULL DEFAULT NULL',
    'PRIMARY KEY (`order_id`)',
    'FOREIGN KEY (`order_id`) REFERENCES `orders_of` (`id`)',
    'INDEX (`paid`',
    '`at`)) ENGINE=InnoDB',
  ]);
});

/** A database that keeps what it is asked. */
function asking() {
  const asked: (readonly [sql: string, params: readonly unknown[]])[] = [];
  const query = async (sql: string, params: readonly unknown[] = []): Promise<never[]> => {
    asked.push([sql, params]);
    return [];
  };
  return { asked, query };
}

const IDS: TableDefinition = { name: 'ids', columns: [{ name: 'id', kind: { kind: 'integer', bits: 32 } }], key: [] };

test('tables are made in their order; one without a key has no primary key', async () => {
  const database = asking();
  await createTables(database, [IDS, { ...IDS, name: 'db.more', key: ['id'] }], mariadbFlavour);
  expect(database.asked).toEqual([
    ['CREATE TABLE `ids` (`id` int(11) NOT NULL) ENGINE=InnoDB', []],
    ['CREATE TABLE `more` (`id` int(11) NOT NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB', []],
  ]);
});

test.each([
  [{ name: 'n', kind: { kind: 'integer', bits: 32 }, default: 0 }, '`n` int(11) NOT NULL DEFAULT 0'],
  [{ name: 'ok', kind: { kind: 'boolean' }, nullable: true, default: false }, '`ok` tinyint(1) NULL DEFAULT 0'],
  [
    { name: 'at', kind: { kind: 'instant', digits: 3 }, default: NOW },
    '`at` timestamp(3) NOT NULL DEFAULT current_timestamp(3)',
  ],
  [
    { name: 'due', kind: { kind: 'local-timestamp', digits: 3 }, default: { hoursAgo: -24 } },
    '`due` datetime(3) NOT NULL DEFAULT (current_timestamp(3) - INTERVAL -24 HOUR)',
  ],
  [
    { name: 'day', kind: { kind: 'date' }, default: { hoursAgo: 24 } },
    '`day` date NOT NULL DEFAULT (current_timestamp(6) - INTERVAL 24 HOUR)',
  ],
] satisfies [ColumnDefinition, string][])('a column is added: %j is %s', async (column, text) => {
  const database = asking();
  await addColumn(database, 'db.customers', column, mariadbFlavour);
  expect(database.asked).toEqual([[`ALTER TABLE \`customers\` ADD COLUMN ${text}`, []]]);
});

test('a column of a kind that MariaDB has no type for is not made', () => {
  const columns: ColumnDefinition[] = [{ name: 'tags', kind: { kind: 'array', element: { kind: 'text' } } }];
  expect(() => createTableSql({ ...IDS, columns }, mariadbFlavour)).toThrow(
    'MariaDB has no type for {"kind":"array","element":{"kind":"text"}}',
  );
});

test.each([
  [0, []],
  [1, [1]],
  [500, [500]],
  [1001, [500, 500, 1]],
])('%i rows are inserted by statements of %j rows, each row once and in order', async (count, sizes) => {
  const database = asking();
  const ids = Array.from({ length: count }, (_, index) => index);
  const rows = ids.map((id) => [id]);
  await insertRows(database, IDS, ['id'], rows);
  expect(database.asked.map(([, params]) => params.length)).toEqual(sizes);
  expect(database.asked.flatMap(([, params]) => params)).toEqual(ids);
  for (const [sql] of database.asked) expect(sql).toMatch(/^INSERT INTO `ids` \(`id`\) VALUES \(\?\)/);
});
