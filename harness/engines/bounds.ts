/**
 * The condition that a key lies beyond `bound`, whose parts are literals of SQL: `strict` compares all columns but the last, and
 * `last` that one. Written out, as a comparison of rows uses no index.
 */
export function boundSql(key: readonly string[], bound: readonly string[], strict: '<' | '>', last: string): string {
  const [column, ...columns] = key;
  const [value = 'NULL', ...values] = bound;
  if (columns.length === 0) return `${column} ${last} ${value}`;
  return `(${column} ${strict} ${value} OR (${column} = ${value} AND ${boundSql(columns, values, strict, last)}))`;
}
