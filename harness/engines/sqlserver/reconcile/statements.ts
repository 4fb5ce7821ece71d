import { boundSql } from '#engines/bounds.ts';
import type { Cell, TablePlan } from '#engines/port/reconcile.ts';
import { concatSql, quoteIdent } from '../quote.ts';
import { ALL } from '../ranges.ts';
import { type ColumnForms, columnForms } from './forms.ts';

/** SQL for one table of one side. `t` is the table's alias everywhere. */
export interface Statements {
  readonly forms: readonly ColumnForms[];
  /** The key's columns, quoted, with their alias. */
  readonly key: readonly string[];
  /** 64-bit identity of a row. */
  readonly identity: string;
  /** 64-bit hash of a row: the first 8 bytes of the SHA-256 of its canonical texts, with a sign. */
  readonly rowHash: string;
  readonly where: string;
}

export function statementsFor(plan: TablePlan): Statements {
  const forms = plan.columns.map((column) => columnForms(column, plan.side));
  const keyForms = plan.key.map((column) => columnForms(column, plan.side));
  const key = plan.key.map(({ source, target }) => `t.${quoteIdent((plan.side === 'source' ? source : target).name)}`);
  const rowHash = hashSql(forms);
  return {
    forms,
    key,
    rowHash,
    identity:
      plan.identity === 'integer'
        ? `CONVERT(bigint, ${key[0]})`
        : plan.identity === 'key-hash'
          ? hashSql(keyForms)
          : rowHash,
    where: plan.where === undefined ? '' : ` AND (${plan.where}\n)`,
  };
}

/** The hash of the same text as PostgreSQL's `rowText`, whose bytes are UTF-8. */
function hashSql(forms: readonly ColumnForms[]): string {
  const pieces = forms.flatMap(({ text, length, nullable }) => {
    const filled = (value: string) => (nullable ? `COALESCE(${value}, '')` : value);
    // A length is a number, of which NULL would be a 0.
    return length === undefined
      ? [filled(text), `','`]
      : [filled(`CONVERT(varchar(12), ${length})`), `':'`, filled(text)];
  });
  const whole = concatSql("CONVERT(varchar(max), '')", pieces);
  return `CONVERT(bigint, SUBSTRING(HASHBYTES('SHA2_256', CONVERT(varbinary(max), ${whole})), 1, 8))`;
}

/** The condition on `t` for a range of keys, which are integers. */
export function rangeSql(key: readonly string[], { from, to }: Extract<Cell, { kind: 'range' }>): string {
  const conditions = [
    ...(from === undefined ? [] : [boundSql(key, checked(from), '>', '>=')]),
    ...(to === undefined ? [] : [boundSql(key, checked(to), '<', '<')]),
  ];
  return conditions.length === 0 ? ALL : conditions.join(' AND ');
}

function checked(bound: readonly string[]): readonly string[] {
  if (bound.some((value) => !/^-?\d+$/.test(value))) throw new Error('only integers bound a range');
  return bound;
}
