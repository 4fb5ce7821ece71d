import type { Definition, Pipeline, PipelineRow, TableLoad } from '../pipeline.ts';
import type { Asked } from './asked.ts';

/** The advisory lock of whoever works on a pipeline: its key, and the key of a row of `pg_locks`. */
export const keyOf = (name: string): string => `hashtextextended('driftlab pipeline ' || ${name}, 0)`;
export const lockOf = (row: string): string => `((${row}.classid::bigint << 32) | ${row}.objid::bigint)`;

/** One JSON object a pipeline. */
const PIPELINES_SQL = `SELECT json_build_object(
    'row', to_jsonb(p),
    'mark', d.mark,
    'held', EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND ${lockOf('l')} = ${keyOf('p.name')}),
    'definition', json_strip_nulls(json_build_object('name', p.name, 'mode', p.mode, 'source', d.source, 'target', d.target,
      'tables', d.tables, 'onExisting', d.on_existing, 'cdc', d.cdc, 'objects', d.objects)),
    'loads', (SELECT coalesce(json_agg(json_build_object('table', l.table_name, 'claimed', l.claimed, 'loaded', l.loaded,
      'rows', l.rows, 'rowsExpected', l.rows_expected) ORDER BY l.table_name COLLATE "C"), '[]')
      FROM pipeline_loads l WHERE l.name = p.name))::text AS pipeline
  FROM pipelines p JOIN pipeline_definitions d USING (name)
  WHERE $1::text IS NULL OR p.name = $1 ORDER BY p.name COLLATE "C"`;

/** All pipelines of a state, or the one of a name, in the order of their names. */
export async function readPipelines(database: Asked, name?: string): Promise<readonly Pipeline[]> {
  const rows = await database.query<{ pipeline: string }>(PIPELINES_SQL, [name ?? null]);
  return rows.map(({ pipeline }) => JSON.parse(pipeline) as Pipeline);
}

/** A new pipeline. False where its name is taken. */
export async function insertPipeline(
  database: Asked,
  { name, mode, source, target, tables, onExisting, cdc, objects }: Definition,
  mark: string,
): Promise<boolean> {
  const made = await database.query(
    `WITH made AS (
       INSERT INTO pipelines (name, mode, status, full_load_status, cdc_status)
       VALUES ($1, $2, 'CREATED', 'NOT_STARTED', 'NOT_STARTED') ON CONFLICT DO NOTHING RETURNING name)
     INSERT INTO pipeline_definitions SELECT name, $3, $4, $5, $6::jsonb, $7, $8::jsonb, $9::jsonb FROM made RETURNING name`,
    [
      name,
      mode,
      mark,
      source,
      target,
      JSON.stringify(tables),
      onExisting,
      ...[cdc, objects].map((given) => (given === undefined ? null : JSON.stringify(given))),
    ],
  );
  return made.length > 0;
}

/** What a change of a row names; times are the state server's own. */
export type RowChange = Partial<
  Omit<PipelineRow, 'name' | 'mode' | 'updated_at' | 'last_error_at' | 'full_load_completed_at'>
> & {
  /** The load is complete now. */
  readonly loadCompletes?: true;
};

/** `SET` of a change, with its values numbered from `first` on. */
export function settingsOf(change: RowChange, first: number): { readonly sql: string; readonly values: unknown[] } {
  const { loadCompletes, ...columns } = change;
  const names = Object.keys(columns);
  const sets = names.map((name, at) => `${name} = $${first + at}`);
  if (columns.last_error !== undefined) sets.push(`last_error_at = ${columns.last_error === null ? 'NULL' : 'now()'}`);
  if (loadCompletes) sets.push('full_load_completed_at = now()');
  return { sql: [...sets, 'updated_at = now()'].join(', '), values: Object.values(columns) };
}

export function loadStatement(name: string, load: TableLoad): { readonly sql: string; readonly values: unknown[] } {
  return {
    sql: `INSERT INTO pipeline_loads SELECT $1, $2, $3::boolean, $4::boolean, $5::bigint, $6::bigint WHERE ${HOLDS_SQL}
      ON CONFLICT (name, table_name) DO UPDATE SET claimed = excluded.claimed, loaded = excluded.loaded,
        rows = excluded.rows, rows_expected = excluded.rows_expected RETURNING name`,
    values: [name, load.table, load.claimed, load.loaded, load.rows, load.rowsExpected],
  };
}

/**
 * That the session which asks still holds its pipeline. A connection that broke has another session in its place, and another
 * manager may hold the pipeline by then: nothing that the first one writes may count.
 */
export const HOLDS_SQL = `EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted)`;
