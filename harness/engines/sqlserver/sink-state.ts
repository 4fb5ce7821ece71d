import type { SinkState } from '#model/cause.ts';
import type { Database } from '#model/pipeline.ts';
import { readCatalog } from './catalog.ts';

/** Settings that bear on what is written. */
const SETTINGS_SQL = `SELECT d.collation_name AS collation, d.compatibility_level AS compatibility, d.recovery_model_desc AS recovery,
  d.is_read_committed_snapshot_on AS read_committed_snapshot, d.snapshot_isolation_state_desc AS snapshot_isolation, d.is_read_only AS read_only
FROM sys.databases AS d WHERE d.database_id = DB_ID()`;

const KEYS_SQL = `SELECT s.name AS [schema], t.name AS [table], i.name AS name, i.is_primary_key AS [primary], c.name AS [column]
FROM sys.indexes AS i
INNER JOIN sys.tables AS t ON t.object_id = i.object_id AND t.is_ms_shipped = 0
INNER JOIN sys.schemas AS s ON s.schema_id = t.schema_id
INNER JOIN sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id AND k.key_ordinal > 0
INNER JOIN sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
WHERE i.is_unique = 1 ORDER BY s.name, t.name, i.name, k.key_ordinal`;

const FOREIGN_SQL = `SELECT OBJECT_SCHEMA_NAME(f.parent_object_id) AS [schema], OBJECT_NAME(f.parent_object_id) AS [table], f.name AS name,
  COL_NAME(k.parent_object_id, k.parent_column_id) AS [column], OBJECT_NAME(f.referenced_object_id) AS other,
  COL_NAME(k.referenced_object_id, k.referenced_column_id) AS theirs
FROM sys.foreign_keys AS f INNER JOIN sys.foreign_key_columns AS k ON k.constraint_object_id = f.object_id
WHERE f.is_ms_shipped = 0 ORDER BY f.object_id, k.constraint_column_id`;

const CHECKS_SQL = `SELECT OBJECT_SCHEMA_NAME(k.parent_object_id) AS [schema], OBJECT_NAME(k.parent_object_id) AS [table], k.name AS name,
  k.[definition] AS clause, COL_NAME(k.parent_object_id, k.parent_column_id) AS [column]
FROM sys.check_constraints AS k WHERE k.is_ms_shipped = 0`;

const TRIGGERS_SQL = `SELECT OBJECT_NAME(r.parent_id) AS [table], r.name AS name FROM sys.triggers AS r
WHERE r.is_ms_shipped = 0 AND r.parent_class = 1 AND r.name NOT LIKE N'driftlab%'`;

type Constraint = SinkState['constraints'][number];

interface InTable {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
}
type KeyRow = InTable & { readonly primary: string; readonly column: string };
type ForeignRow = InTable & { readonly column: string; readonly other: string; readonly theirs: string };
type CheckRow = InTable & { readonly clause: string; readonly column: string | null };

const idOf = ({ schema, table }: Pick<InTable, 'schema' | 'table'>): string => `${schema}.${table}`;

function grouped<R extends InTable>(
  rows: readonly R[],
  make: (rows: readonly R[], first: R) => Constraint,
): Constraint[] {
  const groups = Map.groupBy(rows, ({ schema, table, name }) => JSON.stringify([schema, table, name]));
  return [...groups.values()].map((some) => make(some, some[0] as R));
}

function keyOf(rows: readonly KeyRow[], first: KeyRow): Constraint {
  const columns = rows.map(({ column }) => column);
  const [kind, words] =
    first.primary === '1' ? (['primary-key', 'PRIMARY KEY'] as const) : (['unique', 'UNIQUE'] as const);
  return { table: idOf(first), name: first.name, kind, columns, text: `${words} (${columns.join(', ')})` };
}

function foreignOf(rows: readonly ForeignRow[], first: ForeignRow): Constraint {
  const columns = rows.map(({ column }) => column);
  const theirs = rows.map((row) => row.theirs).join(', ');
  const text = `FOREIGN KEY (${columns.join(', ')}) REFERENCES ${first.other} (${theirs})`;
  return { table: idOf(first), name: first.name, kind: 'foreign-key', columns, text };
}

/** What the sink's catalog has of tables, constraints and triggers. */
export async function readSinkState(database: Pick<Database, 'query'>): Promise<SinkState> {
  const tables = await readCatalog(database);
  const keys = await database.query<KeyRow>(KEYS_SQL);
  const foreign = await database.query<ForeignRow>(FOREIGN_SQL);
  const checks = await database.query<CheckRow>(CHECKS_SQL);
  const triggers = await database.query<Pick<InTable, 'table' | 'name'>>(TRIGGERS_SQL);
  const [settings] = await database.query<Record<string, string>>(SETTINGS_SQL);
  const notNull = tables.flatMap(({ schema, name: table, columns }) =>
    columns.flatMap(({ name, nullable }): Constraint[] =>
      nullable
        ? []
        : [{ table: idOf({ schema, table }), name, kind: 'not-null', columns: [name], text: `NOT NULL ${name}` }],
    ),
  );
  return {
    tables,
    constraints: [
      ...grouped(keys, keyOf),
      ...grouped(foreign, foreignOf),
      ...checks.map(
        (check): Constraint => ({
          ...{ table: idOf(check), name: check.name, kind: 'check', text: `CHECK ${check.clause}` },
          columns: check.column === null ? [] : [check.column],
        }),
      ),
      ...notNull,
    ],
    triggers: triggers.map(({ table, name }) => `${table}: ${name}`),
    settings: settings ?? {},
  };
}
