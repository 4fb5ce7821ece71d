import type { Table } from '#model/catalog.ts';
import { tableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import { messageOf } from '#std/errors.ts';
import { quoteIdent, quoteLiteral } from './quote.ts';

type Asked = Pick<Database, 'query'>;

/** A type that could not be made, by the name by which columns have it, and the server's words. */
export type Unmade = ReadonlyMap<string, string>;

/**
 * The types of tables' columns that are not PostgreSQL's own, with those that they are made of. Arrays and multiranges come
 * with their elements; a table's row type is made as a composite type.
 */
const TYPES_SQL = `
WITH RECURSIVE wanted (oid) AS (
  SELECT a.atttypid FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname || '.' || c.relname = ANY ($1) AND a.attnum > 0 AND NOT a.attisdropped
  UNION
  SELECT made.oid FROM wanted w JOIN pg_type t ON t.oid = w.oid CROSS JOIN LATERAL (
    SELECT t.typelem WHERE t.typelem <> 0
    UNION ALL SELECT t.typbasetype WHERE t.typbasetype <> 0
    UNION ALL SELECT r.rngsubtype FROM pg_range r WHERE r.rngtypid = t.oid
    UNION ALL SELECT r.rngtypid FROM pg_range r WHERE r.rngmultitypid = t.oid
    UNION ALL SELECT f.atttypid FROM pg_attribute f
      WHERE t.typtype = 'c' AND f.attrelid = t.typrelid AND f.attnum > 0 AND NOT f.attisdropped) AS made (oid))
SELECT format_type(t.oid, NULL) AS name, n.nspname AS schema, t.typname AS plain, t.typtype AS kind,
  e.extname AS extension, en.nspname AS extension_schema,
  format_type(t.typbasetype, t.typtypmod) AS base,
  (SELECT json_agg(l.enumlabel ORDER BY l.enumsortorder) FROM pg_enum l WHERE l.enumtypid = t.oid) AS labels,
  (SELECT json_agg(json_build_array(f.attname, format_type(f.atttypid, f.atttypmod)) ORDER BY f.attnum)
     FROM pg_attribute f WHERE f.attrelid = t.typrelid AND f.attnum > 0 AND NOT f.attisdropped) AS fields,
  (SELECT format_type(r.rngsubtype, NULL) FROM pg_range r WHERE r.rngtypid = t.oid) AS subtype,
  (SELECT m.typname FROM pg_range r JOIN pg_type m ON m.oid = r.rngmultitypid WHERE r.rngtypid = t.oid) AS multirange
FROM wanted w JOIN pg_type t ON t.oid = w.oid JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_depend d ON d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e'
LEFT JOIN pg_extension e ON e.oid = d.refobjid LEFT JOIN pg_namespace en ON en.oid = e.extnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND NOT (t.typtype = 'b' AND t.typcategory = 'A') AND t.typtype <> 'm'
ORDER BY e.extname IS NULL, t.oid`;

interface TypeRow {
  readonly name: string;
  readonly schema: string;
  readonly plain: string;
  /** e: enum, d: domain, c: composite, r: range, b: of somebody's own code. */
  readonly kind: string;
  readonly extension: string | null;
  readonly extension_schema: string | null;
  readonly base: string;
  readonly labels: string | null;
  readonly fields: string | null;
  readonly subtype: string | null;
  readonly multirange: string | null;
}

/**
 * Makes the types that the source's tables use in a sink that is to hold the same values. A domain comes without its checks,
 * as a sink's columns do: what arrives is not refused there. Does nothing for a type that the sink has.
 */
export async function copyTypes(source: Asked, sink: Asked, tables: readonly Table[]): Promise<Unmade> {
  const types = await source.query<TypeRow>(TYPES_SQL, [tables.map(tableId)]);
  let open = types;
  let failed = new Map<string, string>();
  // A type may be made of one that was made after it: whatever fails is tried again once others are there.
  for (let left = Number.POSITIVE_INFINITY; open.length > 0 && open.length < left; ) {
    left = open.length;
    failed = new Map();
    for (const type of open) {
      const why = await makeType(sink, type);
      if (why !== undefined) failed.set(type.name, why);
    }
    open = open.filter(({ name }) => failed.has(name));
  }
  return failed;
}

/** Why a type could not be made; undefined where it is there. */
async function makeType(sink: Asked, type: TypeRow): Promise<string | undefined> {
  const [known] = await sink.query<{ there: string | null }>('SELECT to_regtype($1)::text AS there', [type.name]);
  if (known?.there != null) return undefined;
  const schema = quoteIdent(type.extension_schema ?? type.schema);
  try {
    await sink.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
    await sink.query(
      type.extension === null
        ? definition(type)
        : `CREATE EXTENSION IF NOT EXISTS ${quoteIdent(type.extension)} SCHEMA ${schema} CASCADE`,
    );
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function definition({ schema, plain, kind, base, labels, fields, subtype, multirange }: TypeRow): string {
  const name = `${quoteIdent(schema)}.${quoteIdent(plain)}`;
  switch (kind) {
    case 'e': {
      const texts = (JSON.parse(labels ?? '[]') as string[]).map((label) => quoteLiteral(label));
      return `CREATE TYPE ${name} AS ENUM (${texts.join(', ')})`;
    }
    case 'd':
      return `CREATE DOMAIN ${name} AS ${base}`;
    case 'c': {
      const parts = (JSON.parse(fields ?? '[]') as [string, string][]).map(
        ([field, of]) => `${quoteIdent(field)} ${of}`,
      );
      return `CREATE TYPE ${name} AS (${parts.join(', ')})`;
    }
    case 'r':
      return `CREATE TYPE ${name} AS RANGE (subtype = ${subtype}, multirange_type_name = ${quoteIdent(multirange ?? '')})`;
    default:
      throw new Error('it is made of code of its own that no extension brings');
  }
}
