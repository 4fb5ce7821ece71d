import { ANOMALIES } from '#model/finding.ts';
import type { Report, SubjectCell, VariantReport } from '#report/report.ts';
import type { Right } from './situation.ts';

/** What a report says of one subject under one fault. */
export interface Said {
  readonly cell: SubjectCell;
  readonly variant: VariantReport;
  /** All that a person reads of it: findings, reasons, what to change. */
  readonly words: string;
  /** What stands under Not checked and among the notes of the run. */
  readonly notes: string;
}

/** What a report says, by fault and subject; undefined where it says nothing of it. */
export function saidOf(report: Report, name: string): Said | undefined {
  const [fault, subject = ''] = name.split('/');
  const cell = report.subject?.cells.find((one) => one.fault === fault && one.subject === subject);
  const variant = report.modes.flatMap(({ steps }) => steps).find(({ id }) => id === fault)?.variants[subject];
  if (cell === undefined || variant === undefined) return undefined;
  const notes = [
    ...(report.subject?.unchecked ?? []),
    ...(report.subject?.types ?? []),
    ...report.notes.map(({ text }) => text),
  ];
  const lines = [
    cell.seen,
    ...cell.change,
    variant.reason ?? '',
    ...variant.examples.map(({ detail }) => detail),
    ...variant.causes.flatMap(({ code, evidence, docs }) => [`${code}: ${evidence.join('; ')} (${docs})`]),
    // What could not be judged is explained by the fault's evidence and by the notes.
    ...(cell.survived === null ? notes : []),
  ];
  const words = [...new Set(lines)].join('\n');
  return { cell, variant, words, notes: notes.join('\n') };
}

/** What is wrong with what was said; nothing where it is right. */
export function wrongs(said: Said, right: Right): string[] {
  const { cell, variant, words, notes } = said;
  const wrong: string[] = [];
  if (cell.survived !== right.survives) wrong.push(`survives: ${cell.survived}, not ${right.survives}`);
  const seen = ANOMALIES.filter((anomaly) => (variant.anomalies[anomaly] ?? 0) > 0);
  for (const anomaly of right.shows ?? []) if (!seen.includes(anomaly)) wrong.push(`no ${anomaly}`);
  if (right.survives !== null)
    for (const anomaly of seen)
      if (right.shows?.includes(anomaly) !== true && right.may?.includes(anomaly) !== true)
        wrong.push(`shows ${anomaly}`);
  for (const hop of cell.hops) if (right.hop !== undefined && hop !== right.hop) wrong.push(`went wrong at ${hop}`);
  for (const pattern of right.says ?? []) if (!pattern.test(words)) wrong.push(`nothing says ${pattern}`);
  for (const pattern of right.never ?? []) if (pattern.test(words)) wrong.push(`says ${pattern}`);
  for (const pattern of right.notes ?? []) if (!pattern.test(notes)) wrong.push(`no note says ${pattern}`);
  const [first] = variant.causes;
  if (right.cause !== undefined && first?.code !== right.cause)
    wrong.push(`the first cause is ${first?.code ?? 'none'}, not ${right.cause}`);
  if (right.survives === true) for (const { code } of variant.causes) wrong.push(`names the cause ${code}`);
  if (right.replays !== true && cell.replayed > 0) wrong.push(`${cell.replayed} events called replayed`);
  return wrong;
}
