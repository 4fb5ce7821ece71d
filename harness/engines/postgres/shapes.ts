import type { Kind } from '#model/kind.ts';
import type { Database } from '#model/pipeline.ts';
import type { Shape, ShapeColumn } from '#model/shape.ts';
import { kindOf } from './kinds.ts';

const SHAPES_SQL = `
SELECT json_build_object(
  'id', n.nspname || '.' || c.relname,
  'columns', (
    SELECT coalesce(json_agg(json_build_object(
      'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
      'base', CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) ELSE format_type(a.atttypid, a.atttypmod) END,
      'domain', t.typtype = 'd',
      'element', CASE WHEN t.typcategory = 'A' AND t.typelem <> 0 THEN format_type(t.typelem, a.atttypmod) END,
      'labels', (SELECT coalesce(json_agg(e.enumlabel ORDER BY e.enumsortorder), '[]') FROM pg_enum e
                 WHERE e.enumtypid IN (t.oid, t.typelem, t.typbasetype)),
      'nullable', NOT a.attnotnull AND NOT t.typnotnull,
      'generated', a.attgenerated <> '', 'identity', a.attidentity <> '', 'hasDefault', a.atthasdef
      ) ORDER BY a.attnum), '[]')
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
  'key', (SELECT coalesce(json_agg(a.attname ORDER BY k.place), '[]') FROM pg_index i
    CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS k(attnum, place)
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
    WHERE i.indrelid = c.oid AND i.indisprimary AND k.place <= i.indnkeyatts),
  'uniques', (SELECT coalesce(json_agg((SELECT json_agg(a.attname) FROM unnest(i.indkey::smallint[]) AS k(attnum)
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum)), '[]')
    FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND NOT i.indisprimary
      AND EXISTS (SELECT FROM unnest(i.indkey::smallint[]) AS k(attnum) WHERE k.attnum > 0)),
  'foreign', (SELECT coalesce(json_agg(json_build_object(
      'columns', (SELECT json_agg(a.attname ORDER BY k.place) FROM unnest(f.conkey) WITH ORDINALITY AS k(attnum, place)
        JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.attnum),
      'parent', (SELECT pn.nspname || '.' || p.relname FROM pg_class p JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE p.oid = f.confrelid),
      'parentColumns', (SELECT json_agg(a.attname ORDER BY k.place) FROM unnest(f.confkey) WITH ORDINALITY AS k(attnum, place)
        JOIN pg_attribute a ON a.attrelid = f.confrelid AND a.attnum = k.attnum)) ORDER BY f.conname), '[]')
    FROM pg_constraint f WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.conparentid = 0),
  'checks', (SELECT coalesce(json_agg(json_build_object(
      'sql', pg_get_expr(k.conbin, k.conrelid),
      'columns', (SELECT coalesce(json_agg(a.attname), '[]') FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (k.conkey))
      ) ORDER BY k.conname), '[]')
    FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c'),
  'bounds', (SELECT json_agg(pg_get_partition_constraintdef(l.relid)) FROM pg_partition_tree(c.oid) l
    WHERE c.relkind = 'p' AND l.isleaf),
  'partitionedBy', (SELECT coalesce(json_agg(a.attname), '[]') FROM pg_partitioned_table p
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (p.partattrs::smallint[]) WHERE p.partrelid = c.oid),
  'excludes', EXISTS (SELECT FROM pg_constraint x WHERE x.conrelid = c.oid AND x.contype = 'x')
)::text AS shape
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence = 'p'
  AND n.nspname NOT IN ('information_schema', 'driftlab') AND n.nspname NOT LIKE 'pg\\_%'
ORDER BY n.nspname, c.relname`;

/** A column as the catalog has it. */
interface ReadColumn extends Pick<ShapeColumn, 'name' | 'type' | 'nullable' | 'generated' | 'identity' | 'hasDefault'> {
  /** Of a domain its base type, of all others the type. */
  readonly base: string;
  readonly domain: boolean;
  /** Full name of an array's element type. */
  readonly element: string | null;
  readonly labels: readonly string[];
}

interface ReadShape extends Omit<Shape, 'columns'> {
  readonly columns: readonly ReadColumn[];
  /** Of its partitions, where it has some. */
  readonly bounds: readonly (string | null)[] | null;
}

/** Every permanent table of a database. A partitioned table is one; that a row must fall into a partition is a check of its. */
export async function readShapes(database: Pick<Database, 'query'>): Promise<Shape[]> {
  const rows = await database.query<{ shape: string }>(SHAPES_SQL);
  return rows.map((row) => shapeOf(JSON.parse(row.shape) as ReadShape));
}

function shapeOf({ bounds, columns, ...read }: ReadShape): Shape {
  const shape: Shape = { ...read, columns: columns.map(columnOf) };
  // A partition without a bound of its own (the default one of an otherwise empty table) takes everything.
  const closed = bounds?.filter((bound) => bound !== null && bound !== '') ?? [];
  if (closed.length === 0 || closed.length < (bounds?.length ?? 0)) return shape;
  // A hash partition's bound names its table by number, and together they take everything.
  if (closed.some((bound) => bound?.includes('satisfies_hash_partition'))) return shape;
  const sql = closed.map((bound) => `(${bound})`).join(' OR ');
  return { ...shape, checks: [...shape.checks, { sql, columns: shape.partitionedBy }] };
}

export function columnOf({ base, domain, element, labels, ...column }: ReadColumn): ShapeColumn {
  const inner = kindNamed(element ?? base, labels);
  return {
    ...column,
    kind: element === null ? inner : { kind: 'array', element: inner },
    ...(domain ? { constrained: true } : {}),
    ...(base.startsWith('character(') && element === null ? { fixed: true } : {}),
  };
}

/** An enum's labels are not in its name. */
function kindNamed(type: string, labels: readonly string[]): Kind {
  return labels.length > 0 ? { kind: 'enum', labels } : kindOf({ type });
}
