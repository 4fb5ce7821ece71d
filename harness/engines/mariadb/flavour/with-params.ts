import { boundValue } from '../quote.ts';
import { opaqueAt } from '../sql-statements.ts';

/**
 * A statement with its parameters in their places, as literals in which no character can be taken for SQL. MySQL has no
 * statement that binds them in one go, and prepared statements of the protocol answer in binary, of which no text of the
 * server's can be made. A `?` in a quote or a comment is none. Throws where their numbers differ.
 */
export function withParams(sql: string, params: readonly unknown[]): string {
  let result = '';
  let used = 0;
  for (let at = 0; at < sql.length; ) {
    const end = opaqueAt(sql, at)?.end ?? at + 1;
    const piece = sql.slice(at, end);
    if (piece === '?') {
      result += boundValue(params[used]);
      used += 1;
    } else result += piece;
    at = end;
  }
  if (used !== params.length) throw new Error(`a statement has ${used} places for ${params.length} parameters: ${sql}`);
  return result;
}
