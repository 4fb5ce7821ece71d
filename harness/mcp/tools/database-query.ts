import { oneOf, optional, shape, text, whole } from '#contracts/schema.ts';
import { engineOf } from '#engines/index.ts';
import { OperatorError } from '#std/errors.ts';
import { CURSOR, requireKnown, tool } from '../tool.ts';

const ROWS = 100;
const ROWS_MAX = 1000;
const LIMIT_MS = 10_000;

export const databaseQuery = tool({
  name: 'database_query',
  description:
    "One SQL query (SELECT, WITH, VALUES, EXPLAIN or SHOW) on the source database or a variant's sink, in a read-only transaction of at most 10 s. Use ORDER BY where you page. Sinks have _cdc_op, _cdc_lsn, _cdc_captured_at and _cdc_received beside the source's columns.",
  args: shape({
    side: oneOf(['source', 'sink'], 'which database'),
    variant: optional(text('whose sink; needed with side sink')),
    sql: text('one statement'),
    rows: optional(whole(`at most so many rows in all pages; default ${ROWS}`, { minimum: 1, maximum: ROWS_MAX })),
    ...CURSOR,
  }),
  async run({ side, variant, sql, rows = ROWS }, { addresses }, signal) {
    const known = addresses();
    const variants = Object.keys(known.sinkDatabases);
    if (side === 'sink') requireKnown('variant', variant ?? '', variants);
    const server = known[side];
    const database = side === 'source' ? known.sourceDatabase : (known.sinkDatabases[variant ?? ''] ?? '');
    const { title, server: port } = engineOf(server);
    if (port.queryReadOnly === undefined)
      throw new OperatorError({
        code: 'query-impossible',
        message: `${title} has no read-only transactions, so it is not asked`,
        expected: 'a source or sink with read-only transactions',
        found: title,
        hint: 'verifier_report has the rows that are wrong',
      });
    const answer = await port.queryReadOnly(server, database, { sql, rows, limitMs: LIMIT_MS, signal });
    const { columns, more } = answer;
    return { facts: { columns, ...(more ? { more_than: rows } : {}) }, list: { name: 'rows', items: answer.rows } };
  },
});
