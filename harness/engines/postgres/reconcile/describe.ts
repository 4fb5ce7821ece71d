import type { SideColumn, SideTable } from '#engines/port/reconcile.ts';
import { baseType } from '#engines/postgres/canonical.ts';
import { type CatalogColumn, type CatalogTable, plainColumnsOf, readTables } from '#engines/postgres/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';
import { isInteger } from './forms.ts';

/** A table as the reader needs it, with what only this engine understands. */
export interface PostgresTable extends SideTable {
  /** Quoted and with its schema. */
  readonly relation: string;
  /** What kind of view it is, where it is one. */
  readonly view: 'plain' | 'materialized' | undefined;
  /** Columns whose values the database makes unless it is told not to. */
  readonly identities: ReadonlySet<string>;
}

/** What a table is described from. */
export interface Described extends Pick<Database, 'query'> {
  /** The plan of a statement as JSON. */
  explain(sql: string): Promise<string>;
}

/** Pages above which fetching scattered rows one by one through an index is worse than reading the table: 128 MB. */
const SCATTERED_PAGES_MAX = 16_384;
const CORRELATION_MIN = 0.3;

/** Types that every server sorts alike. Others sort by a collation, or by how this one database came to be. */
const ORDERED: ReadonlySet<string> = new Set([
  'bytea',
  'date',
  'double precision',
  'numeric',
  'real',
  'time without time zone',
  'timestamp with time zone',
  'timestamp without time zone',
  'uuid',
]);

/** The table that a person names, as SQL or as reports do. */
const NAMED = `c.oid = coalesce(
  to_regclass($1),
  (SELECT e.oid FROM pg_class e JOIN pg_namespace m ON m.oid = e.relnamespace
    WHERE (m.nspname || '.' || e.relname = $1 OR (e.relname = $1 AND pg_table_is_visible(e.oid)))
      AND e.relkind IN ('r','p','v','m','f') LIMIT 1))`;

// Collations as they are: which columns describe one differs from version to version.
const OF_COLUMN = `,
  'collation', (SELECT CASE WHEN k.collname = 'default'
      THEN (SELECT to_json(b.*) FROM pg_database b WHERE b.datname = current_database()) ELSE to_json(k.*) END
    FROM pg_collation k WHERE k.oid = a.attcollation),
  'deterministic', coalesce((SELECT k.collisdeterministic FROM pg_collation k WHERE k.oid = a.attcollation), true)`;

/** A B-tree in ascending order, by the columns' own collations. */
const OF_INDEX = `,
  'ordered', x.relam = (SELECT oid FROM pg_am WHERE amname = 'btree') AND 0 = ALL (i.indoption::smallint[])
    AND NOT EXISTS (
      SELECT FROM unnest(i.indkey::smallint[], i.indcollation::oid[]) AS k(attnum, coll)
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum WHERE k.coll <> 0 AND k.coll <> a.attcollation)`;

interface Collated {
  readonly collation: Readonly<Record<string, unknown>> | null;
  readonly deterministic: boolean;
}

interface ReadTable extends CatalogTable<Collated, { readonly ordered: boolean }> {
  readonly relation: string;
  readonly kind: string;
  readonly pages: number;
}

/** Reads a table's columns, key and indexes. Throws an OperatorError (exit 1) where there is none, or none to be read. */
export async function describeTable(database: Described, name: string, where?: string): Promise<PostgresTable> {
  const table = await findTable(database, name);
  const ordered = table.indexes
    .filter((index) => index.valid && index.whole && index.ordered)
    .flatMap((index) => {
      const columns = plainColumnsOf(table, index);
      return columns === undefined ? [] : [{ columns, primary: index.primary }];
    })
    .sort((one, other) => Number(other.primary) - Number(one.primary));
  const [first] = ordered;
  return {
    id: `${table.schema}.${table.name}`,
    relation: table.relation,
    view: table.kind === 'v' ? 'plain' : table.kind === 'm' ? 'materialized' : undefined,
    columns: table.columns.map(columnOf),
    identities: new Set(table.columns.filter(({ identity }) => identity === 'a').map((column) => column.name)),
    key: first?.primary === true ? first.columns : [],
    indexes: ordered.map(({ columns }) => columns),
    estimatedRows: await estimate(database, table.relation, where),
    clustered: await isClustered(database, table, first?.columns[0]),
  };
}

async function findTable(database: Described, name: string): Promise<ReadTable> {
  let tables: ReadTable[];
  try {
    tables = await readTables<ReadTable>(database, {
      ...{ where: NAMED, params: [name], ofColumn: OF_COLUMN, ofIndex: OF_INDEX },
      ofTable: `, 'relation', format('%I.%I', n.nspname, c.relname), 'kind', c.relkind, 'pages', c.relpages`,
    });
  } catch (error) {
    throw unreadable(name, messageOf(error), error);
  }
  const [table] = tables;
  if (table !== undefined && 'rpvmf'.includes(table.kind)) return table;
  const known = await database.query<{ name: string }>(
    `SELECT schemaname || '.' || tablename AS name FROM pg_tables
     WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1 LIMIT 1000`,
  );
  const near = nearest(
    name.includes('.') ? name : `public.${name}`,
    known.map((row) => row.name),
  );
  throw new OperatorError({
    code: 'no-such-table',
    message: `there is no table ${name}`,
    exit: 1,
    ...(near.length > 0 ? { hint: `did you mean ${near.join(' or ')}?` } : {}),
  });
}

function unreadable(name: string, reason: string, cause: unknown): OperatorError {
  return new OperatorError({ code: 'unreadable', message: `cannot read ${name}: ${reason}`, cause, exit: 1 });
}

function columnOf(column: CatalogColumn & Collated): SideColumn {
  const { name, domain, nullable, generated } = column;
  const type = domain?.base ?? column.type;
  return { name, type, nullable: nullable && domain?.required !== true, generated, order: orderOf(type, column) };
}

/** See {@link SideColumn.order}. */
function orderOf(type: string, { collation, deterministic }: Collated): string | undefined {
  const base = baseType(type);
  if (isInteger(type)) return 'integer';
  if (ORDERED.has(base)) return `postgres ${base}`;
  if (!['text', 'character varying', 'character'].includes(base) || collation === null || !deterministic) {
    return undefined;
  }
  const part = (...names: string[]) => names.map((name) => collation[name]).find((value) => value != null) ?? '';
  const locale = part('colllocale', 'colliculocale', 'collcollate', 'datlocale', 'daticulocale', 'datcollate');
  const kind = base === 'character' ? 'blank-padded text' : 'text';
  if (locale === 'C' || locale === 'POSIX') return `${kind} by bytes`;
  return [
    `postgres ${kind}`,
    part('collprovider', 'datlocprovider'),
    locale,
    part('collicurules', 'daticurules'),
    part('collversion', 'datcollversion'),
  ].join(' ');
}

/** The planner's estimate: it looks at the file's size, so it is never far off, statistics or not. */
async function estimate({ explain }: Described, relation: string, where = 'true'): Promise<number> {
  try {
    const text = await explain(`SELECT FROM ${relation} AS t WHERE (${where}\n)`);
    const [plan] = JSON.parse(text) as { Plan: { 'Plan Rows': number } }[];
    return plan?.Plan['Plan Rows'] ?? 0;
  } catch (error) {
    throw unreadable(relation, messageOf(error), error);
  }
}

async function isClustered(database: Described, table: ReadTable, column: string | undefined): Promise<boolean> {
  if (column === undefined || table.pages <= SCATTERED_PAGES_MAX) return true;
  const [row] = await database.query<{ correlation: string | null }>(
    'SELECT correlation::text FROM pg_stats WHERE schemaname = $1 AND tablename = $2 AND attname = $3',
    [table.schema, table.name, column],
  );
  return row?.correlation == null || Math.abs(Number(row.correlation)) >= CORRELATION_MIN;
}
