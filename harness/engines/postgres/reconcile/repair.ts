import type { FullRow, TablePlan } from '#engines/port/reconcile.ts';
import { quoteIdent, quoteLiteral } from '#engines/postgres/quote.ts';
import type { Text } from '#model/values.ts';
import type { PostgresTable } from './describe.ts';

interface Change {
  readonly before?: FullRow;
  readonly after?: FullRow;
}

type Plan = TablePlan & { readonly table: PostgresTable };

/** One statement that makes this side's row what it should be; a comment where no statement could. Nothing here is ever run. */
export function repairSql(plan: Plan, change: Change): string {
  const sql = statement(plan, change);
  const { relation, view } = plan.table;
  // Rows of a view have no place by which one of several equal ones could be taken.
  if (view === undefined || (view === 'plain' && plan.key.length > 0)) return sql;
  const what = view === 'materialized' ? 'a materialized view' : 'a view, compared without a key';
  return `-- ${relation} is ${what}: mend the tables beneath it. ${sql}`.replaceAll('\n', ' ');
}

function statement(plan: Plan, { before, after }: Change): string {
  const { relation, identities } = plan.table;
  const columns = plan.columns.map((column, place) => {
    const own = plan.side === 'source' ? column.source : column.target;
    return { name: quoteIdent(own.name), own, place, differs: before?.compared[place] !== after?.compared[place] };
  });
  const keys = new Set(plan.key.map(({ name }) => name));
  const byKey = (row: FullRow) =>
    columns
      .filter(({ place }) => keys.has(plan.columns[place]?.name ?? ''))
      .map(({ name, own, place }) => {
        const value = row.shown[place] ?? null;
        return value === null ? `${name} IS NULL` : `${name} = ${literal(value, own.type)}`;
      })
      .join(' AND ');
  const byPlace = (row: FullRow) => {
    const ours = columns.map(({ name, own }) => `${name}::${own.type}`).join(', ');
    const theirs = columns.map(({ own, place }) => cast(row.shown[place] ?? null, own.type)).join(', ');
    // Equal to the bit: 1.0 is no 1.00, and json, xml and point have no other equality. Of rows that are, exactly one is
    // meant, and a place is one of a single partition.
    const where = [...(keys.size === 0 ? [] : [byKey(row)]), `ROW(${ours})::record *= ROW(${theirs})::record`].join(
      ' AND ',
    );
    return `(tableoid, ctid) = (SELECT tableoid, ctid FROM ${relation} WHERE ${where} LIMIT 1)`;
  };
  // A key that a person names may be that of several rows; a view's rows have no place.
  const matching = plan.table.view === undefined && !holdsKey(plan) ? byPlace : byKey;
  if (before === undefined && after !== undefined) {
    const written = columns.filter(({ own }) => !own.generated);
    const override = written.some(({ own }) => identities.has(own.name)) ? ' OVERRIDING SYSTEM VALUE' : '';
    const values = written.map(({ own, place }) => literal(after.shown[place] ?? null, own.type));
    return `INSERT INTO ${relation} (${written.map(({ name }) => name).join(', ')})${override} VALUES (${values.join(', ')});`;
  }
  if (before === undefined) return '';
  if (after === undefined) return `DELETE FROM ${relation} WHERE ${matching(before)};`;
  const assignments = columns
    .filter(({ own, differs }) => differs && !own.generated)
    .map(({ name, own, place }) => `${name} = ${literal(after.shown[place] ?? null, own.type)}`);
  if (assignments.length === 0)
    return `-- ${relation}: only computed columns differ where ${byKey(before)}`.replaceAll('\n', ' ');
  return `UPDATE ${relation} SET ${assignments.join(', ')} WHERE ${matching(before)};`;
}

/** Whether the rows are named by the table's primary key, with whatever else beside. */
function holdsKey({ side, key, table }: Plan): boolean {
  const names = new Set(key.map(({ source, target }) => (side === 'source' ? source : target).name));
  return table.key.length > 0 && table.key.every((name) => names.has(name));
}

/** A value's literal. Most types need to be named beside it. */
function literal(value: Text, type: string): string {
  if (value !== null && /^(smallint|integer|bigint)$/.test(type)) return value;
  return value === null || /^(text|character varying)/.test(type) ? quotedText(value) : cast(value, type);
}

/** The same, of just this type. */
function cast(value: Text, type: string): string {
  return `${quotedText(value)}::${type}`;
}

function quotedText(value: Text): string {
  return value === null ? 'NULL' : quoteLiteral(value);
}
