import { engineOf } from '#engines/index.ts';
import type { Database } from '#model/pipeline.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';

/** A pipeline file names what is not there; `names` is what is, and `at` where the file says it. */
export function unknownName(
  message: string,
  word: string,
  names: readonly string[],
  at: string,
  code = 'mapping-unknown',
): OperatorError {
  const meant = nearest(word, names);
  return new OperatorError({
    code,
    message: `${at}: ${message}`,
    expected: names.length === 0 ? 'there are none' : `one of ${names.join(', ')}`,
    found: word,
    ...(meant.length === 0 ? {} : { hint: `did you mean ${meant.join(' or ')}?` }),
  });
}

/** Has the database read a query without a WHERE that SQL of a mapping is part of, and no row of it. Throws an OperatorError (`mapping-sql`). */
export async function tryMappedSql(
  database: Pick<Database, 'engine' | 'query'>,
  query: string,
  { sql, rows, at }: { readonly sql: string; readonly rows: string; readonly at: string },
): Promise<void> {
  try {
    await database.query(`${query} WHERE 1 = 0`);
  } catch (cause) {
    throw new OperatorError({
      code: 'mapping-sql',
      message: `${at}: ${engineOf(database).title} refuses this SQL over the rows of ${rows}: ${messageOf(cause)}`,
      expected: `an SQL expression over the columns of ${rows}`,
      found: sql,
      cause,
    });
  }
}
