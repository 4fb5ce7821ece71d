import { expect, test } from 'vitest';
import { diagnose } from '#diagnosis/diagnose.ts';
import type { DiagnosisFacts } from '#model/cause.ts';
import { factsWith } from '#testing/diagnosis-facts.ts';
import { items, STOPPED, sinkState, sinkSubject, trace } from '#testing/planting.ts';

/** The first cause of what a JDBC sink at MariaDB or MySQL reports. */
function causeOf(message: string, more: Partial<DiagnosisFacts> = {}) {
  const words = trace(`java.sql.BatchUpdateException: ${message}`);
  return diagnose(factsWith({ subject: sinkSubject(), findings: STOPPED, words, ...more }))[0];
}

const check = (name: string) =>
  sinkState({
    constraints: [{ table: 'db.items', name, kind: 'check', columns: [], text: 'CHECK ((`price` > 0))' }],
  });
const KEY = 'CONSTRAINT `lines_ibfk_1` FOREIGN KEY (`order_id`) REFERENCES `orders` (`id`)';

test.each([
  [
    `Cannot add or update a child row: a foreign key constraint fails (\`shop\`.\`lines\`, ${KEY})`,
    'sink-foreign-key',
    "of the sink's table lines refuses a row, because the row that it references has not arrived yet: each table",
    'ALTER TABLE lines DROP FOREIGN KEY lines_ibfk_1;',
    {},
  ],
  [
    `(conn=7) Cannot delete or update a parent row: a foreign key constraint fails (\`shop\`.\`lines\`, ${KEY} ON DELETE RESTRICT)`,
    'sink-foreign-key',
    'refuses a change to orders, because rows of lines still reference it',
    'foreign_key_checks = 0',
    {},
  ],
  [
    'Cannot add or update a child row: a foreign key constraint fails (`shop`.`parts`, CONSTRAINT `up` FOREIGN KEY (`of`) REFERENCES `parts` (`id`))',
    'sink-foreign-key',
    'both rows are in the same table',
    'ALTER TABLE parts DROP FOREIGN KEY up;',
    {},
  ],
  [
    "Column 'id' cannot be null",
    'sink-not-null',
    "The sink's column public.items.id is NOT NULL",
    'ALTER TABLE items MODIFY id bigint NULL;',
    { sink: sinkState({ tables: [items()] }) },
  ],
  [
    "Field 'note' doesn't have a default value",
    'sink-not-null',
    "The sink's column note is NOT NULL",
    'ALTER TABLE … MODIFY note … NULL;',
    // There it may be NULL.
    { sink: sinkState({ tables: [items({ note: 'text' })] }) },
  ],
  [
    "Check constraint 'items_chk_1' is violated.",
    'sink-check',
    'items_chk_1 of the sink refuses a value that the source accepts: CHECK ((`price` > 0)).',
    'ALTER TABLE items DROP CONSTRAINT items_chk_1;',
    { sink: check('items_chk_1') },
  ],
  [
    '(conn=7) CONSTRAINT `items.price` failed for `shop`.`items`',
    'sink-check',
    'The check constraint price of the sink refuses a value that the source accepts.',
    'ALTER TABLE … DROP CONSTRAINT price;',
    { sink: check('other') },
  ],
  [
    "The value specified for generated column 'total' in table 'items' is not allowed.",
    'sink-generated-column',
    "The sink's column items.total is GENERATED ALWAYS",
    'in sink.json: leave it out of the records (field.exclude.list)',
    {},
  ],
  [
    "INSERT command denied to user 'app'@'10.0.0.7' for table `shop`.`items`",
    'sink-right-missing',
    "'app'@'10.0.0.7', lacks a privilege on items",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON items TO 'app'@'10.0.0.7';",
    {},
  ],
  [
    "UPDATE command denied to user 'app'@'localhost' for table 'items'",
    'sink-right-missing',
    'lacks a privilege on items',
    "TO 'app'@'localhost';",
    {},
  ],
  [
    "Data truncation: Data too long for column 'note' at row 1",
    'sink-column-narrower',
    "public.items.note is varchar(5), and the source's is varchar(50)",
    "ALTER TABLE items MODIFY note …; with room for the source's varchar(50)",
    { tables: [items({ note: 'varchar(50)' })], sink: sinkState({ tables: [items({ note: 'varchar(5)' })] }) },
  ],
  [
    "(conn=7) Out of range value for column 'note' at row 3",
    'sink-column-narrower',
    "for a value of the source (Out of range value for column 'note').",
    "make note as wide as the source's",
    // Of one type on both sides, or of another table.
    {
      tables: [items({ note: 'int(11)' })],
      sink: sinkState({ tables: [items({ note: 'int(11)' }), { ...items({ note: 'tinyint(4)' }), name: 'other' }] }),
    },
  ],
] as const)('%s', (message, code, says, advises, more) => {
  const cause = causeOf(message, more as Partial<DiagnosisFacts>);
  expect(cause).toMatchObject({
    code,
    certainty: 'shown',
    says: expect.stringContaining(says),
    docs: expect.stringContaining('dev.mysql.com'),
    evidence: [expect.stringContaining(message)],
  });
  expect(cause?.remedy.join('\n')).toContain(advises);
});

test('a key that a row has already is named with its table by MySQL, and without by MariaDB', () => {
  const said = (message: string) => {
    const cause = causeOf(message);
    return [cause?.code, cause?.says.split(' refuses')[0], cause?.remedy[0]];
  };
  const byKey = 'upsert by primary key: INSERT … ON DUPLICATE KEY UPDATE';
  const only = '(a copy needs only the primary key)';
  expect([
    said("Duplicate entry '7' for key 'items.PRIMARY'"),
    said("(conn=7) Duplicate entry '7' for key 'PRIMARY'"),
    said("Duplicate entry 'a.b' for key 'items.items_code'"),
    said("(conn=7) Duplicate entry 'a.b' for key 'items_code'"),
  ]).toEqual([
    ['sink-unique', 'The primary key of items of the sink', byKey],
    ['sink-unique', 'The primary key of a table of the sink', byKey],
    [
      'sink-unique',
      'The unique index items_code of items of the sink',
      `at the sink: ALTER TABLE items DROP INDEX items_code; ${only}`,
    ],
    [
      'sink-unique',
      'The unique index items_code of the sink',
      `at the sink: ALTER TABLE … DROP INDEX items_code; ${only}`,
    ],
  ]);
});

test('what is refused for another reason is none of these', () => {
  expect(causeOf('Deadlock found when trying to get lock; try restarting transaction')).toBeUndefined();
});
