import { boundSql } from '#engines/bounds.ts';
import type { Cell, TablePlan } from '#engines/port/reconcile.ts';
import { quoteIdent } from '../quote.ts';
import { textHashSql } from '../row-text.ts';
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
        ? `CAST(${key[0]} AS SIGNED)`
        : plan.identity === 'key-hash'
          ? hashSql(keyForms)
          : rowHash,
    where: plan.where === undefined ? '' : ` AND (${plan.where}\n)`,
  };
}

function hashSql(forms: readonly ColumnForms[]): string {
  return textHashSql(rowText(forms));
}

/** The same text as PostgreSQL's `rowText`. As bytes, since texts of several collations have none in common. */
function rowText(forms: readonly ColumnForms[]): string {
  const pieces = forms.flatMap(({ text, length, nullable }) => {
    const filled = (value: string) => (nullable ? `COALESCE(${value}, '')` : value);
    return length === undefined ? [filled(text), `','`] : [filled(length), `':'`, filled(bytes(text))];
  });
  return `CONCAT(${pieces.join(', ')})`;
}

function bytes(text: string): string {
  return `CAST(${text} AS BINARY)`;
}

/** The condition on `t` for a range of keys, which are integers. */
export function rangeSql(key: readonly string[], { from, to }: Extract<Cell, { kind: 'range' }>): string {
  const conditions = [
    ...(from === undefined ? [] : [boundSql(key, checked(from), '>', '>=')]),
    ...(to === undefined ? [] : [boundSql(key, checked(to), '<', '<')]),
  ];
  return conditions.length === 0 ? 'TRUE' : conditions.join(' AND ');
}

function checked(bound: readonly string[]): readonly string[] {
  if (bound.some((value) => !/^-?\d+$/.test(value))) throw new Error('only integers bound a range');
  return bound;
}
