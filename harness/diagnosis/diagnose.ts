import type { Cause, DiagnosisFacts } from '#model/cause.ts';
import { ANOMALIES, type Finding } from '#model/finding.ts';
import { CAUSES } from './causes/index.ts';
import type { CauseEntry, Found } from './entry.ts';

interface Candidate {
  readonly entry: CauseEntry;
  readonly found: Found;
}

/**
 * The causes of what was found, first cause first: what is shown before what merely fits, what explains more before what
 * explains less. What only fits is left out where something else is shown to explain the same findings: advice that the
 * values contradict is no advice. Empty where nothing is known; `causesOf` says then what was ruled out.
 */
export function diagnose(facts: DiagnosisFacts, table: readonly CauseEntry[] = CAUSES): Cause[] {
  const candidates = table.flatMap((entry): Candidate[] => {
    const found = entry.find(facts);
    if (found === undefined || (found.explains.length === 0 && entry.warns !== true)) return [];
    return [{ entry, found }];
  });
  const shown = new Set(candidates.filter(isShown).flatMap(({ found }) => found.explains));
  return candidates
    .filter((one) => isShown(one) || one.found.explains.some((finding) => !shown.has(finding)))
    .filter((one, _, all) => one.entry.general !== true || !explainedElsewhere(one, all))
    .sort(byWeight)
    .map(({ entry, found }) => ({
      code: entry.code,
      says: found.says,
      evidence: found.evidence,
      remedy: found.remedy,
      docs: found.docs ?? entry.docs,
      certainty: found.certainty,
      anomalies: classesOf(found.explains),
    }));
}

function isShown({ found }: Candidate): boolean {
  return found.certainty === 'shown';
}

/** What only warns comes last. The sort is stable: among equals the order of the table decides, which goes from the particular to the general. */
function byWeight(left: Candidate, right: Candidate): number {
  const warns = ({ found }: Candidate): number => Number(found.explains.length === 0);
  if (warns(left) !== warns(right)) return warns(left) - warns(right);
  if (isShown(left) !== isShown(right)) return isShown(left) ? -1 : 1;
  return right.found.explains.length - left.found.explains.length;
}

/** Whether other causes that say why are shown to explain every column of every finding that one explains. */
function explainedElsewhere({ found }: Candidate, all: readonly Candidate[]): boolean {
  const others = all.filter((other) => other.entry.general !== true && isShown(other));
  return found.explains.every((finding) => {
    const explaining = others.filter((other) => other.found.explains.includes(finding));
    return found.columns?.every((column) =>
      explaining.some(
        ({ found: { columns } }) =>
          // A column counts only if this finding differs in it.
          columns === undefined || columns.includes(column) || !finding.differs?.some((one) => one.column === column),
      ),
    );
  });
}

function classesOf(findings: readonly Finding[]): Cause['anomalies'] {
  return ANOMALIES.filter((anomaly) => findings.some((finding) => finding.anomaly === anomaly));
}

/** Facts of which only the subject is known: for what is found outside a verdict. */
export function bareFacts(name: string): DiagnosisFacts {
  return {
    subject: { name, kind: 'builtin', connectors: [], lacking: [] },
    fault: { kind: 'none', bit: true, figures: {} },
    ...{ sources: [], counts: {}, findings: [], words: [], tables: [], versions: {} },
  };
}
