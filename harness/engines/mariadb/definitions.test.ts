import { expect, test } from 'vitest';
import { NOW } from '#model/change.ts';
import { createTableSql } from './definitions.ts';

test('a table is made with its keys, its indexes and the defaults of its columns', () => {
  const sql = createTableSql({
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
  });
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
