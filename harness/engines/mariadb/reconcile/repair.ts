import type { FullRow, TablePlan } from '#engines/port/reconcile.ts';
import type { Text } from '#model/values.ts';
import { literalsFor, Unstorable } from '../input-text.ts';
import { kindOf } from '../kinds.ts';
import { quoteIdent } from '../quote.ts';
import type { MariadbTable } from './describe.ts';

interface Change {
  readonly before?: FullRow;
  readonly after?: FullRow;
}

type Plan = TablePlan & { readonly table: MariadbTable };

/** One statement that makes this side's row what it should be; a comment where no statement could. Nothing here is ever run. */
export function repairSql(plan: Plan, change: Change): string {
  const { relation, isView } = plan.table;
  let sql: string;
  try {
    sql = statement(plan, change);
  } catch (error) {
    if (!(error instanceof Unstorable)) throw error;
    sql = comment(`${relation}: ${error.message}`);
  }
  return isView ? comment(`${relation} is a view: fix the tables beneath it. ${sql}`) : sql;
}

function comment(text: string): string {
  return `-- ${text}`.replaceAll('\n', ' ');
}

function statement(plan: Plan, { before, after }: Change): string {
  const { relation } = plan.table;
  const columns = plan.columns.map((column, place) => {
    const own = plan.side === 'source' ? column.source : column.target;
    const literal = literalsFor(own);
    return {
      column,
      own,
      name: quoteIdent(own.name),
      literalOf: (row: FullRow) => literal(row.shown[place] ?? null),
      textOf: (row: FullRow): Text => row.shown[place] ?? null,
      differs: before?.compared[place] !== after?.compared[place],
    };
  });
  const named = holdsKey(plan);
  const matching = (row: FullRow): string => {
    const used = named ? columns.filter(({ column }) => plan.key.some(({ name }) => name === column.name)) : columns;
    const conditions = used.map(({ own, name, literalOf, textOf }) => {
      if (textOf(row) === null) return `${name} IS NULL`;
      // A collation would find rows that are only alike.
      return kindOf(own).kind === 'text' && !named
        ? `BINARY CONVERT(${name} USING utf8mb4) = BINARY ${literalOf(row)}`
        : `${name} = ${literalOf(row)}`;
    });
    // Without a primary key several rows may be equal, and exactly one is meant.
    return `${conditions.join(' AND ')}${named ? '' : ' LIMIT 1'}`;
  };
  const written = columns.filter(({ own }) => !own.generated);
  if (after === undefined) return before === undefined ? '' : `DELETE FROM ${relation} WHERE ${matching(before)};`;
  if (before === undefined) {
    const names = written.map(({ name }) => name).join(', ');
    return `INSERT INTO ${relation} (${names}) VALUES (${written.map(({ literalOf }) => literalOf(after)).join(', ')});`;
  }
  const assignments = written
    .filter(({ differs }) => differs)
    .map(({ name, literalOf }) => `${name} = ${literalOf(after)}`);
  if (assignments.length === 0) return comment(`${relation}: only computed columns differ where ${matching(before)}`);
  return `UPDATE ${relation} SET ${assignments.join(', ')} WHERE ${matching(before)};`;
}

/** Whether the rows are named by the table's primary key. */
function holdsKey({ side, key, table }: Plan): boolean {
  const names = new Set(key.map(({ source, target }) => (side === 'source' ? source : target).name));
  return table.key.length > 0 && table.key.every((name) => names.has(name));
}
