import { quoted } from '#engines/postgres/canonical.ts';
import type { Text } from '#model/values.ts';
import type { FullRow, TablePlan } from '#reconcile/engine.ts';
import type { PostgresTable } from './describe.ts';

/** One statement that makes this side's row what it should be. Nothing here is ever run. */
export function repairSql(
  plan: TablePlan & { readonly table: PostgresTable },
  { before, after }: { readonly before?: FullRow; readonly after?: FullRow },
): string {
  const { relation, identities } = plan.table;
  const columns = plan.columns.map((column, place) => {
    const own = plan.side === 'source' ? column.source : column.target;
    return { name: quoted(own.name), own, place, differs: before?.compared[place] !== after?.compared[place] };
  });
  const keys = new Set(plan.key.map(({ name }) => name));
  const isKey = (place: number) => keys.size === 0 || keys.has(plan.columns[place]?.name ?? '');
  const matching = (row: FullRow) =>
    columns
      .filter(({ place }) => isKey(place))
      .map(({ name, own, place }) => {
        const value = row.shown[place] ?? null;
        return value === null ? `${name} IS NULL` : `${name} = ${literal(value, own.type)}`;
      })
      .join(' AND ');
  if (before === undefined && after !== undefined) {
    const written = columns.filter(({ own }) => !own.generated);
    const override = written.some(({ own }) => identities.has(own.name)) ? ' OVERRIDING SYSTEM VALUE' : '';
    const values = written.map(({ own, place }) => literal(after.shown[place] ?? null, own.type));
    return `INSERT INTO ${relation} (${written.map(({ name }) => name).join(', ')})${override} VALUES (${values.join(', ')});`;
  }
  if (before === undefined) return '';
  if (after === undefined) {
    // Without a key, equal rows cannot be told apart: exactly one of them goes.
    if (keys.size === 0) {
      return `DELETE FROM ${relation} WHERE ctid = (SELECT ctid FROM ${relation} WHERE ${matching(before)} LIMIT 1);`;
    }
    return `DELETE FROM ${relation} WHERE ${matching(before)};`;
  }
  const assignments = columns
    .filter(({ own, differs }) => differs && !own.generated)
    .map(({ name, own, place }) => `${name} = ${literal(after.shown[place] ?? null, own.type)}`);
  if (assignments.length === 0)
    return `-- ${relation}: only computed columns differ where ${matching(before)}`.replaceAll('\n', ' ');
  return `UPDATE ${relation} SET ${assignments.join(', ')} WHERE ${matching(before)};`;
}

/** A literal that means the same whatever standard_conforming_strings says. */
function literal(value: Text, type: string): string {
  if (value === null) return 'NULL';
  const text = value.replaceAll("'", "''");
  const quotedText = text.includes('\\') ? `E'${text.replaceAll('\\', '\\\\')}'` : `'${text}'`;
  return /^(smallint|integer|bigint)$/.test(type)
    ? text
    : /^(text|character varying)/.test(type)
      ? quotedText
      : `${quotedText}::${type}`;
}
