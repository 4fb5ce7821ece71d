import type { FullRow, TablePlan } from '#engines/port/reconcile.ts';
import type { Text } from '#model/values.ts';

/** A row in which the sides differ: on one side only, or on both with other contents. */
export interface Difference {
  readonly kind: 'missing' | 'extra' | 'changed';
  readonly id: bigint;
  readonly source?: FullRow;
  readonly target?: FullRow;
}

/** A difference as reports show it. */
export interface ShownDifference {
  readonly key: Readonly<Record<string, Text>>;
  readonly columns?: readonly { readonly column: string; readonly source: Text; readonly target: Text }[];
}

/**
 * What the rows looked at on both sides amount to. Rows are matched by their key's canonical texts, or where they have no
 * key by their contents; equal ones are paired off, so that of a row that is twice on one side and once on the other, one is left.
 */
export function classify(plan: TablePlan, source: readonly FullRow[], target: readonly FullRow[]): Difference[] {
  const groups = new Map<string, { source: FullRow[]; target: FullRow[] }>();
  const nameOf = (row: FullRow) =>
    plan.identity === 'row' ? row.hash : JSON.stringify(row.compared.slice(0, plan.key.length));
  for (const [side, rows] of [['source', source] as const, ['target', target] as const]) {
    for (const row of rows) {
      const name = nameOf(row);
      const group = groups.get(name) ?? { source: [], target: [] };
      groups.set(name, group);
      group[side].push(row);
    }
  }
  return [...groups.values()].flatMap((group) => differencesOf(group.source, group.target));
}

function differencesOf(source: readonly FullRow[], target: readonly FullRow[]): Difference[] {
  const unmatched = [...target];
  const left = source.filter((row) => {
    const at = unmatched.findIndex((other) => other.hash === row.hash);
    if (at >= 0) unmatched.splice(at, 1);
    return at < 0;
  });
  const differences: Difference[] = [];
  for (let n = 0; n < Math.max(left.length, unmatched.length); n++) {
    const [one, other] = [left[n], unmatched[n]];
    if (one !== undefined && other !== undefined) {
      differences.push({ kind: 'changed', id: one.id, source: one, target: other });
    } else if (one !== undefined) differences.push({ kind: 'missing', id: one.id, source: one });
    else if (other !== undefined) differences.push({ kind: 'extra', id: other.id, target: other });
  }
  return differences;
}

/** The state of both sides' rows of one identity, to tell whether it has changed between two looks. */
export function stateOf(source: readonly FullRow[], target: readonly FullRow[]): string {
  const hashes = (rows: readonly FullRow[]) => rows.map(({ hash }) => hash).sort();
  return JSON.stringify([hashes(source), hashes(target)]);
}

export function shown(plan: TablePlan, { source, target }: Difference): ShownDifference {
  const row = source ?? target;
  const named = plan.key.length > 0 ? plan.key : plan.columns;
  const key = Object.fromEntries(named.map(({ name }, place) => [name, row?.shown[place] ?? null]));
  if (source === undefined || target === undefined) return { key };
  const columns = plan.columns.flatMap(({ name }, place) =>
    source.compared[place] === target.compared[place]
      ? []
      : [{ column: name, source: source.shown[place] ?? null, target: target.shown[place] ?? null }],
  );
  return { key, columns };
}
