import type { SinkState } from '#model/cause.ts';
import type { Database } from '#model/pipeline.ts';
import { readCatalog } from './catalog.ts';
import type { Flavour } from './flavour.ts';
import { MARIADB_SCHEMA } from './quote.ts';

/** Settings that bear on what is written, as the server has them; this project's own sessions override some of it. */
const SETTINGS_SQL = `SHOW GLOBAL VARIABLES WHERE variable_name IN ('sql_mode', 'time_zone', 'character_set_server',
  'collation_server', 'foreign_key_checks', 'lower_case_table_names', 'max_allowed_packet', 'innodb_lock_wait_timeout',
  'read_only')`;

const KEYS_SQL = `
SELECT k.table_name AS \`table\`, k.constraint_name AS name, c.constraint_type AS kind, k.column_name AS \`column\`,
  k.referenced_table_name AS other, k.referenced_column_name AS theirs
FROM information_schema.table_constraints c JOIN information_schema.key_column_usage k
  ON k.table_name = c.table_name AND k.constraint_name = c.constraint_name
WHERE c.table_schema = DATABASE() AND k.table_schema = DATABASE() ORDER BY k.table_name, k.constraint_name, k.ordinal_position`;

const TRIGGERS_SQL = `
SELECT CONCAT(event_object_table, ': ', trigger_name) AS name FROM information_schema.triggers
WHERE event_object_schema = DATABASE() AND trigger_name NOT LIKE 'driftlab%'`;

interface KeyRow {
  readonly table: string;
  readonly name: string;
  readonly kind: 'PRIMARY KEY' | 'UNIQUE' | 'FOREIGN KEY';
  readonly column: string;
  readonly other: string | null;
  readonly theirs: string | null;
}

interface CheckRow {
  readonly table: string;
  readonly name: string;
  readonly clause: string;
  readonly column: string | null;
}

type Constraint = SinkState['constraints'][number];

const KINDS = { 'PRIMARY KEY': 'primary-key', UNIQUE: 'unique', 'FOREIGN KEY': 'foreign-key' } as const;

/** What the sink's catalog has of tables, constraints and triggers. */
export async function readSinkState(
  database: Pick<Database, 'query'>,
  { checksSql, shownSql }: Flavour,
): Promise<SinkState> {
  const tables = await readCatalog(database);
  const keys = await database.query<KeyRow>(KEYS_SQL);
  const checks = await database.query<CheckRow>(checksSql);
  const triggers = await database.query<{ name: string }>(TRIGGERS_SQL);
  const settings = await database.query<{ Variable_name: string; Value: string }>(SETTINGS_SQL);
  const notNull = tables.flatMap(({ name: table, columns }) =>
    columns.flatMap(({ name, nullable }): Constraint[] =>
      nullable ? [] : [{ table: idOf(table), name, kind: 'not-null', columns: [name], text: `NOT NULL ${name}` }],
    ),
  );
  return {
    tables,
    constraints: [
      ...[...Map.groupBy(keys, ({ table, name }) => JSON.stringify([table, name])).values()].map(keyOf),
      ...checks.map(
        ({ table, name, clause, column }): Constraint => ({
          table: idOf(table),
          name,
          kind: 'check',
          columns: column === null ? [] : [column],
          text: `CHECK (${shownSql(clause)})`,
        }),
      ),
      ...notNull,
    ],
    triggers: triggers.map(({ name }) => name),
    settings: Object.fromEntries(settings.map((row) => [row.Variable_name, row.Value])),
  };
}

const idOf = (table: string): string => `${MARIADB_SCHEMA}.${table}`;

function keyOf(rows: readonly KeyRow[]): Constraint {
  const [first] = rows as [KeyRow];
  const columns = rows.map(({ column }) => column);
  const theirs = first.other === null ? '' : ` REFERENCES ${first.other} (${rows.map((row) => row.theirs).join(', ')})`;
  return {
    table: idOf(first.table),
    name: first.name,
    kind: KINDS[first.kind],
    columns,
    text: `${first.kind} (${columns.join(', ')})${theirs}`,
  };
}
