import type { FullRow, SideColumn, TablePlan } from '#engines/port/reconcile.ts';
import type { Text } from '#model/values.ts';
import { literalsFor, Unstorable } from '../input-text.ts';
import { kindOf } from '../kinds.ts';
import { quoteIdent } from '../quote.ts';
import type { SqlServerSideTable } from './describe.ts';

interface Change {
  readonly before?: FullRow;
  readonly after?: FullRow;
}

type Plan = TablePlan & { readonly table: SqlServerSideTable };

/** Statements that make this side's row what it should be; a comment where none could. Nothing here is ever run. */
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

function columnsOf(plan: Plan, { before, after }: Change) {
  return plan.columns.map((column, place) => {
    const own = plan.side === 'source' ? column.source : column.target;
    const literal = literalsFor(own);
    return {
      isKey: plan.key.some(({ name }) => name === column.name),
      own,
      name: quoteIdent(own.name),
      literalOf: (row: FullRow) => literal(row.shown[place] ?? null),
      textOf: (row: FullRow): Text => row.shown[place] ?? null,
      differs: before?.compared[place] !== after?.compared[place],
    };
  });
}

function statement(plan: Plan, change: Change): string {
  const { before, after } = change;
  const { relation, identity } = plan.table;
  const columns = columnsOf(plan, change);
  const named = holdsKey(plan);
  // Without a primary key several rows may be equal, and exactly one is meant.
  const one = named ? '' : 'TOP (1) ';
  const matching = (row: FullRow): string =>
    (named ? columns.filter(({ isKey }) => isKey) : columns)
      .map(({ own, name, literalOf, textOf }) => {
        const text = textOf(row);
        if (text === null) return `${name} IS NULL`;
        return named ? `${name} = ${literalOf(row)}` : exactly(own, name, literalOf(row), text);
      })
      .join(' AND ');
  const written = columns.filter(({ own }) => !own.generated);
  if (after === undefined)
    return before === undefined ? '' : `DELETE ${one}FROM ${relation} WHERE ${matching(before)};`;
  if (before === undefined) {
    const names = written.map(({ name }) => name).join(', ');
    const insert = `INSERT INTO ${relation} (${names}) VALUES (${written.map(({ literalOf }) => literalOf(after)).join(', ')});`;
    if (!written.some(({ own }) => own.name === identity)) return insert;
    return `SET IDENTITY_INSERT ${relation} ON; ${insert} SET IDENTITY_INSERT ${relation} OFF;`;
  }
  const assignments = written
    .filter(({ differs }) => differs)
    .map(({ name, literalOf }) => `${name} = ${literalOf(after)}`);
  if (assignments.length === 0) return comment(`${relation}: only computed columns differ where ${matching(before)}`);
  return `UPDATE ${one}${relation} SET ${assignments.join(', ')} WHERE ${matching(before)};`;
}

/**
 * That a column has a value and no other that the server takes for equal: a collation ignores case and accents, and blanks at
 * the end of a text, or zeros at the end of bytes, count in no comparison.
 */
function exactly(own: SideColumn, name: string, literal: string, text: string): string {
  const kind = kindOf(own);
  if (kind.kind === 'bytes') {
    const value = /^image$/i.test(own.type) ? `CONVERT(varbinary(max), ${name})` : name;
    return `${value} = ${literal} AND DATALENGTH(${name}) = ${(text.length - 2) / 2}`;
  }
  if (kind.kind !== 'text') return `${name} = ${literal}`;
  const value = /^n?text$/i.test(own.type) ? `CONVERT(nvarchar(max), ${name})` : name;
  const same = `${value} COLLATE Latin1_General_100_BIN2 = ${literal}`;
  // In units of UTF-16, whatever the column's code page is.
  return kind.padded === true
    ? same
    : `${same} AND DATALENGTH(CONVERT(nvarchar(max), ${name})) = ${Buffer.byteLength(text, 'utf16le')}`;
}

/** Whether the rows are named by the table's primary key. */
function holdsKey({ side, key, table }: Plan): boolean {
  const names = new Set(key.map(({ source, target }) => (side === 'source' ? source : target).name));
  return table.key.length > 0 && table.key.every((name) => names.has(name));
}
