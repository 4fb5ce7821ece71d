import type { Kind } from '#model/kind.ts';
import type { Database } from '#model/pipeline.ts';
import type { Check, Shape, ShapeColumn, Surveyor } from '#model/shape.ts';
import type { Row, Text } from '#model/values.ts';
import { ownDistinct, ownValue } from './own-values.ts';
import { quoteIdent, quoteLiteral, quoteTable } from './quote.ts';
import { readShapes } from './shapes.ts';

/** See {@link Surveyor.top}. `ceil` of an integer would be one of a double, which cannot tell the highest bigint from what is above. */
export function topSql(column: string, { kind }: Pick<Kind, 'kind'>): string {
  switch (kind) {
    case 'integer':
      return `coalesce(max(${column}), 0)`;
    case 'decimal':
      return `coalesce(ceil(max(${column})::numeric), 0)`;
    case 'float':
      return `coalesce(ceil(max(${column}))::bigint, 0)`;
    default:
      return 'count(*)';
  }
}

/** See {@link Surveyor}. A value's text is what a cast to `text` makes of it. */
export const surveyor: Surveyor = {
  readShapes,
  readRows(database, { id, key, columns }, limit) {
    const order = key.length === 0 ? '' : ` ORDER BY ${key.map(quoteIdent).join(', ')}`;
    const texts = columns
      .filter(({ generated }) => !generated)
      .map(({ name }) => `${quoteIdent(name)}::text AS ${quoteIdent(name)}`);
    return database.query<Row>(`SELECT ${texts.join(', ')} FROM ${quoteTable(id)}${order} LIMIT ${limit}`);
  },
  async top(database, { id }, { name, kind }) {
    const sql = topSql(quoteIdent(name), kind);
    const [row] = await database.query<{ n: string }>(`SELECT ${sql} AS n FROM ${quoteTable(id)}`);
    return BigInt(row?.n ?? 0);
  },
  accepted,
  ownValue,
  ownDistinct,
};

async function accepted(
  database: Pick<Database, 'query'>,
  { checks }: Shape,
  columns: readonly ShapeColumn[],
  candidates: readonly (readonly Text[])[],
  limit: number,
): Promise<Row[]> {
  const found = await database.query<{ values: string }>(
    acceptedSql(columns, checks, limit),
    columns.map((_, index) => candidates.map((row) => row[index] ?? null)),
  );
  return found.map(({ values }) => {
    const texts = JSON.parse(values) as Text[];
    return Object.fromEntries(columns.map(({ name }, index) => [name, texts[index] ?? null]));
  });
}

/** Reads candidates, an array of texts for each column, and gives those that types and checks take as arrays of texts in JSON. */
export function acceptedSql(columns: readonly ShapeColumn[], checks: readonly Check[], limit: number): string {
  const known = new Set(columns.map(({ name }) => name));
  const holds = checks
    .filter((check) => check.columns.length > 0 && check.columns.every((name) => known.has(name)))
    .map(({ sql }) => `(${sql}) IS NOT FALSE`);
  const valid = columns.map(
    ({ type, nullable }, index) =>
      `CASE WHEN t${index} IS NULL THEN ${nullable} ELSE pg_input_is_valid(t${index}, ${quoteLiteral(type)}) END`,
  );
  const typed = columns.map(({ name, type }, index) => `t${index}::${type} AS ${quoteIdent(name)}`);
  // OFFSET 0 keeps the planner from casting, or checking, what has not been found valid.
  return `SELECT to_json(ARRAY[${columns.map(({ name }) => `t.${quoteIdent(name)}::text`).join(', ')}]::text[])::text AS values
     FROM (SELECT ${typed.join(', ')} FROM (
       SELECT * FROM unnest(${columns.map((_, index) => `$${index + 1}::text[]`).join(', ')})
         AS raw(${columns.map((_, index) => `t${index}`).join(', ')})
       WHERE ${valid.join(' AND ')} OFFSET 0) AS raw OFFSET 0) AS t
     ${holds.length === 0 ? '' : `WHERE ${holds.join(' AND ')}`} LIMIT ${limit}`;
}
