import type { Report, StepReport, VariantReport } from './report.ts';

/** What two reports of one run say differently of what was judged, a sentence each; times and notes are not compared. */
export function differences(before: Report, after: Report): string[] {
  const found: string[] = [];
  for (const mode of before.modes) {
    const other = after.modes.find(({ id }) => id === mode.id);
    for (const step of mode.steps) {
      const where = mode.id === step.id ? mode.id : `${mode.id}/${step.id}`;
      const again = other?.steps.find(({ id }) => id === step.id);
      if (again === undefined) found.push(`${where}: in the report, but not in the history`);
      else found.push(...stepDifferences(where, step, again));
    }
    if (other !== undefined && other.verdict !== mode.verdict) found.push(told(`${mode.id}, the mode`, mode, other));
  }
  for (const { id } of after.modes)
    if (!before.modes.some((mode) => mode.id === id)) found.push(`${id}: in the history, but not in the report`);
  if (before.verdict !== after.verdict) found.push(told('the run', before, after));
  return found;
}

function stepDifferences(where: string, before: StepReport, after: StepReport): string[] {
  const names = new Set([...Object.keys(before.variants), ...Object.keys(after.variants)]);
  const found = [...names].flatMap((name) => {
    const [one, other] = [before.variants[name], after.variants[name]];
    if (one === undefined || other === undefined) return [`${where}, ${name}: in only one of the two`];
    return variantDifferences(`${where}, ${name}`, one, other);
  });
  return before.verdict === after.verdict ? found : [...found, told(where, before, after)];
}

function variantDifferences(where: string, before: VariantReport, after: VariantReport): string[] {
  if (before.verdict !== after.verdict || before.met !== after.met || before.seen !== after.seen) {
    const say = ({ verdict, seen, met }: VariantReport) => `${verdict}, ${seen}, ${met ? 'as' : 'not as'} expected`;
    return [`${where}: the report has ${say(before)}; judged again: ${say(after)}`];
  }
  const parts = (['expectation', 'anomalies', 'in_flight', 'lag', 'tables', 'examples'] as const).filter(
    (part) => JSON.stringify(before[part]) !== JSON.stringify(after[part]),
  );
  return parts.length === 0 ? [] : [`${where}: the same verdict, but different ${parts.join(', ')}`];
}

function told(where: string, before: { readonly verdict: string }, after: { readonly verdict: string }): string {
  return `${where}: the report has ${before.verdict}; judged again: ${after.verdict}`;
}
