import { type TableId, tableId } from '#model/catalog.ts';
import type { DiagnosisFacts } from '#model/cause.ts';
import type { Found } from './entry.ts';

/** How MariaDB and MySQL refuse what PostgreSQL refuses in other words; both have the same, but for a word here and there. */
export interface InFamily {
  readonly docs: string;
  readonly pattern: RegExp;
  tell(match: RegExpExecArray, facts: DiagnosisFacts): Pick<Found, 'says' | 'remedy'>;
}

const MANUAL = 'https://dev.mysql.com/doc/refman/8.4/en/';

export const foreignKeyInFamily: InFamily = {
  docs: `${MANUAL}create-table-foreign-keys.html`,
  pattern:
    /Cannot (add or update a child|delete or update a parent) row: a foreign key constraint fails \(`[^`]+`\.`([^`]+)`, CONSTRAINT `([^`]+)` FOREIGN KEY \([^)]*\) REFERENCES `([^`]+)`/,
  tell: ([, what, table, name, referenced]) => ({
    says: `The foreign key ${name} of the sink's table ${table} refuses ${
      what === 'add or update a child'
        ? 'a row, because the row that it references has not arrived yet'
        : `a change to ${referenced}, because rows of ${table} still reference it`
    }: ${
      table === referenced
        ? 'both rows are in the same table, and events of different partitions have no common order'
        : 'each table has its own topic, and topics have no common order'
    }.`,
    remedy: [
      `at the sink: ALTER TABLE ${table} DROP FOREIGN KEY ${name};`,
      "at the sink: disable foreign keys for the consumer's sessions: SET SESSION foreign_key_checks = 0; (of a JDBC sink: sessionVariables=foreign_key_checks=0 in connection.url)",
    ],
  }),
};

export const notNullInFamily: InFamily = {
  docs: `${MANUAL}working-with-null.html`,
  pattern: /Column '([^']+)' cannot be null|Field '([^']+)' doesn't have a default value/,
  tell([, given, left], { sink }) {
    const column = given ?? left ?? '';
    const tables = (sink?.tables ?? []).filter(({ columns }) =>
      columns.some(({ name, nullable }) => name === column && !nullable),
    );
    const [only] = tables;
    const one = tables.length === 1 ? only : undefined;
    const type = one?.columns.find(({ name }) => name === column)?.type;
    return {
      says: `The sink's column ${one === undefined ? '' : `${tableId(one)}.`}${column} is NOT NULL, and an event has no value for it.`,
      remedy: [
        `at the sink: ALTER TABLE ${one?.name ?? '…'} MODIFY ${column} ${type ?? '…'} NULL;`,
        'at the sink: give the column a default, if the source does not have the column',
      ],
    };
  },
};

export const checkInFamily: InFamily = {
  docs: `${MANUAL}create-table-check-constraints.html`,
  pattern: /Check constraint '([^']+)' is violated|CONSTRAINT `([^`]+)` failed for `[^`]+`\.`[^`]+`/,
  tell([, ofMysql, ofMariadb], { sink }) {
    // MariaDB names a column's own check by its table and column.
    const name = ofMysql ?? ofMariadb?.split('.').at(-1) ?? '';
    const found = sink?.constraints.find((one) => one.kind === 'check' && one.name === name);
    const table = found === undefined ? '…' : found.table.slice(found.table.indexOf('.') + 1);
    return {
      says: `The check constraint ${name} of the sink refuses a value that the source accepts${found === undefined ? '' : `: ${found.text}`}.`,
      remedy: [`at the sink: ALTER TABLE ${table} DROP CONSTRAINT ${name}; (or let it accept what the source accepts)`],
    };
  },
};

export const generatedInFamily: InFamily = {
  docs: `${MANUAL}create-table-generated-columns.html`,
  pattern: /The value specified for generated column '([^']+)' in table '([^']+)'/,
  tell: ([, column, table], { subject }) => ({
    says: `The sink's column ${table}.${column} is GENERATED ALWAYS, and the consumer writes a value to it.`,
    remedy: [
      `at the sink: make it an ordinary column: ALTER TABLE ${table} DROP COLUMN ${column}, ADD COLUMN ${column} …;`,
      'in the source connector: leave it out of the events (column.exclude.list)',
      ...subject.connectors.map((one) => `in ${one.file}: leave it out of the records (field.exclude.list)`),
    ],
  }),
};

export const rightInFamily: InFamily = {
  docs: `${MANUAL}privileges-provided.html`,
  pattern: /\b\w+ command denied to user '([^']*)'@'([^']*)' for table ['`](?:[^`]+`\.`)?([^'`]+)['`]/,
  tell: ([, user, host, table]) => ({
    says: `The user that writes to the sink, '${user}'@'${host}', lacks a privilege on ${table}.`,
    remedy: [`at the sink: GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO '${user}'@'${host}';`],
  }),
};

interface Pair {
  readonly table: TableId;
  readonly name: string;
  readonly ours: string;
  readonly theirs: string;
}

/** Columns of one name that have other types at the sink. */
function pairsOf(column: string, { tables, sink, subject }: DiagnosisFacts): readonly Pair[] {
  return tables.flatMap((source) => {
    const id = subject.compared?.[tableId(source)];
    const own = sink?.tables.find((one) => (id === undefined ? one.name === source.name : tableId(one) === id));
    const ours = source.columns.find(({ name }) => name === column)?.type;
    const theirs = own?.columns.find(({ name }) => name === column)?.type;
    if (own === undefined || ours === undefined || theirs === undefined || ours === theirs) return [];
    return [{ table: tableId(own), name: own.name, ours, theirs }];
  });
}

export const narrowedInFamily: InFamily = {
  docs: `${MANUAL}out-of-range-and-overflow.html`,
  pattern: /(?:Data too long|Out of range value) for column '([^']+)'/,
  tell([said, column = ''], facts) {
    const pairs = pairsOf(column, facts);
    if (pairs.length === 0)
      return {
        says: `A column of the sink is too narrow for a value of the source (${said}).`,
        remedy: [`at the sink: make ${column} as wide as the source's`],
      };
    return {
      says: `A value does not fit into the sink: ${pairs.map(({ table, ours, theirs }) => `${table}.${column} is ${theirs}, and the source's is ${ours}`).join('; ')}.`,
      remedy: pairs.map(
        ({ name, ours }) => `at the sink: ALTER TABLE ${name} MODIFY ${column} …; with room for the source's ${ours}`,
      ),
    };
  },
};
