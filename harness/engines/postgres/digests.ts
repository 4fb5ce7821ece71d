import type { ReadPlan } from '#engines/port/compare.ts';
import type { ColumnPlan, Hashing } from '#engines/port/reconcile.ts';
import { comparesByValue } from './numbers.ts';
import { columnForms, valueForms } from './reconcile/forms.ts';
import { rowHashSql } from './reconcile/statements.ts';
import type { ServerTraits } from './server.ts';

/** SQL of the 64-bit hash of a row of the plan's columns, aliased `t`: equal on both sides where the rows are. */
export function planHashSql(plan: ReadPlan, hashing: Hashing, traits: ServerTraits): string {
  const side = plan.side === 'source' ? 'source' : 'target';
  const forms = plan.columns.map((pair): ReturnType<typeof columnForms> => {
    const { source, sink } = pair;
    if (pair.exact !== true && comparesByValue(source, sink)) return valueForms(pair, plan.side, traits);
    const column: ColumnPlan = {
      name: source.name,
      source: { ...source, order: undefined },
      target: { ...sink, order: undefined },
    };
    return columnForms(column, side, traits);
  });
  return rowHashSql(forms, hashing, traits);
}
