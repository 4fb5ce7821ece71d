import type { ReadView } from '#engines/port/compare.ts';
import type { Invariant } from '#model/invariant.ts';
import type { Fact } from '#model/observation.ts';
import type { Row } from '#model/values.ts';
import { messageOf } from '#std/errors.ts';

/** Violations that are told; all are counted. */
const TOLD_MAX = 20;
/** Rows of an invariant's query that are read: one that yields more is broken beyond counting. */
const ROWS_MAX = 10_000;

type InvariantFact = Extract<Fact, { readonly type: 'invariant' }>;

/** What the view's database says of an invariant. An error of the query or of the author's function is part of it. */
export async function checkInvariant(view: ReadView, invariant: Invariant): Promise<InvariantFact> {
  const { id, text, sql } = invariant;
  try {
    const rows = await view.select(sql, ROWS_MAX);
    const violations = invariant.violations?.(rows) ?? rows.map(told);
    return { type: 'invariant', id, text, count: violations.length, violations: violations.slice(0, TOLD_MAX) };
  } catch (error) {
    return { type: 'invariant', id, text, count: 0, violations: [], failure: messageOf(error) };
  }
}

function told(row: Row): string {
  return Object.entries(row)
    .map(([column, value]) => `${column} ${value ?? 'NULL'}`)
    .join(', ');
}
