import { tableId } from '#model/catalog.ts';
import type { Kind } from '#model/kind.ts';
import type { Database } from '#model/pipeline.ts';
import type { Shape, ShapeColumn } from '#model/shape.ts';
import { type CatalogColumn, type CatalogTable, columnsOf, PERSONS_OWN, primaryKeyOf, readTables } from './catalog.ts';
import { kindOf } from './kinds.ts';
import { OWN_SCHEMA } from './versions.ts';

const OF_COLUMN = `,
  'element', CASE WHEN t.typcategory = 'A' AND t.typelem <> 0 THEN format_type(t.typelem, a.atttypmod) END,
  'labels', (SELECT coalesce(json_agg(e.enumlabel ORDER BY e.enumsortorder), '[]') FROM pg_enum e
             WHERE e.enumtypid IN (t.oid, t.typelem, d.oid))`;

const OF_TABLE = `,
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
  'excludes', EXISTS (SELECT FROM pg_constraint x WHERE x.conrelid = c.oid AND x.contype = 'x')`;

/** What a column's values are made of. */
interface Valued {
  /** Full name of an array's element type. */
  readonly element: string | null;
  /** Of an enum, also where it is under a domain or in an array. */
  readonly labels: readonly string[];
}

interface ReadTable extends CatalogTable<Valued>, Pick<Shape, 'foreign' | 'checks' | 'partitionedBy' | 'excludes'> {
  /** Of its partitions, where it has some. */
  readonly bounds: readonly (string | null)[] | null;
}

/** Every permanent table of a database. A partitioned table is one; that a row must fall into a partition is a check of its. */
export async function readShapes(database: Pick<Database, 'query'>): Promise<Shape[]> {
  const tables = await readTables<ReadTable>(database, {
    where: `${PERSONS_OWN} AND c.relpersistence = 'p' AND n.nspname <> '${OWN_SCHEMA}'`,
    ...{ ofColumn: OF_COLUMN, ofTable: OF_TABLE },
  });
  return tables.map(shapeOf);
}

function shapeOf(table: ReadTable): Shape {
  const { foreign, checks, bounds, partitionedBy, excludes } = table;
  const shape: Shape = {
    ...{ id: tableId(table), columns: table.columns.map(columnOf), key: primaryKeyOf(table) },
    uniques: table.indexes
      .filter(({ unique, primary }) => unique && !primary)
      .map((index) => columnsOf(table, index).filter((name) => name !== undefined))
      .filter((columns) => columns.length > 0),
    ...{ foreign, checks, partitionedBy, excludes },
  };
  // A partition without a bound of its own (the default one of an otherwise empty table) takes everything.
  const closed = bounds?.filter((bound) => bound !== null && bound !== '') ?? [];
  if (closed.length === 0 || closed.length < (bounds?.length ?? 0)) return shape;
  // A hash partition's bound names its table by number, and together they take everything.
  if (closed.some((bound) => bound?.includes('satisfies_hash_partition'))) return shape;
  const sql = closed.map((bound) => `(${bound})`).join(' OR ');
  return { ...shape, checks: [...shape.checks, { sql, columns: shape.partitionedBy }] };
}

export function columnOf(column: CatalogColumn & Valued): ShapeColumn {
  const { name, type, domain, nullable, generated, identity, hasDefault, element, labels } = column;
  const base = domain?.base ?? type;
  const inner = kindNamed(element ?? base, labels);
  return {
    ...{
      name,
      type,
      nullable: nullable && domain?.required !== true,
      generated,
      identity: identity !== '',
      hasDefault,
    },
    kind: element === null ? inner : { kind: 'array', element: inner },
    ...(domain === null ? {} : { constrained: true }),
    ...(base.startsWith('character(') && element === null ? { fixed: true } : {}),
  };
}

/** An enum's labels are not in its name. */
function kindNamed(type: string, labels: readonly string[]): Kind {
  return labels.length > 0 ? { kind: 'enum', labels } : kindOf({ type });
}
