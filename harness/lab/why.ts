import type { LabFault } from '#contracts/lab-fault.ts';
import type { Bench } from '#engine/bench.ts';
import { type Circumstances, explain, type Fault, isBroken, readCircumstances } from '#engine/explain.ts';
import type { Cause } from '#model/cause.ts';
import { ANOMALIES, type Finding } from '#model/finding.ts';
import type { VariantVerdict } from '#model/observation.ts';
import { findingName } from './live-report.ts';

/** Between two readings of the servers for one variant at least so long: checks come about once a second. */
const PAUSE_MS = 3000;
/** A server that is paused answers late; what it says then is about another moment. */
const READ_LIMIT_MS = 15_000;

/** Why each variant shows what it shows: the servers are read when what it shows changes, and not with each check. */
export interface Why {
  /** By variant, first cause first; a variant with nothing wrong has none. */
  readonly causes: ReadonlyMap<string, readonly Cause[]>;
  /** Takes the verdicts of a check. */
  note(variants: readonly VariantVerdict[], now: number): void;
}

export interface WhyOptions {
  readonly bench: Pick<Bench, 'pipeline' | 'circumstances'>;
  readonly versions: Readonly<Record<string, string>>;
  /** Oldest first. */
  readonly faults: () => readonly LabFault[];
  /** By {@link findingName}, when it was first seen. */
  readonly foundAt: () => ReadonlyMap<string, number>;
  readonly onChange: (variant: string, causes: readonly Cause[]) => void;
  /** How the servers are read; tests have none. */
  readonly read?: typeof readCircumstances;
}

/** What a variant shows, as far as its causes may depend on it: what is counted, and which kinds of findings were seen. */
interface Shown {
  readonly head: string;
  readonly shapes: ReadonlySet<string>;
}

function shownBy({ verdict, counts, findings, reason }: VariantVerdict, faults: readonly LabFault[]): Shown {
  const shapes = findings.map(({ anomaly, table, hop, column, differs = [] }) =>
    JSON.stringify([anomaly, table, hop, column, differs.map((one) => one.column)]),
  );
  const classes = ANOMALIES.filter((anomaly) => (counts[anomaly] ?? 0) > 0);
  // A reason may count records that wait: the counts are no news.
  const why = reason?.replaceAll(/\d+(?:\.\d+)?/g, '#');
  const last = faults.at(-1);
  // What a fault did is known once it has been judged, and its findings may be there before.
  const fault = last === undefined ? undefined : [last.id, last.evidence !== null];
  return { head: JSON.stringify([verdict, why, classes, fault]), shapes: new Set(shapes) };
}

/**
 * The causes of one variant's findings: each under the fault that was the last to be injected when it was first seen, for a
 * lab goes on, and rows that one fault has damaged stay damaged under the next.
 */
export function causesByFault(
  circumstances: Circumstances | undefined,
  seen: VariantVerdict,
  faults: readonly LabFault[],
  foundAt: ReadonlyMap<string, number>,
): Cause[] {
  const groups = Map.groupBy(seen.findings, (finding) => {
    const at = foundAt.get(findingName(seen.variant, finding)) ?? Number.POSITIVE_INFINITY;
    return faults.findLast(({ requested_at }) => Date.parse(requested_at) <= at);
  });
  const found = [...groups].flatMap(([fault, findings]) => {
    const part = { ...seen, findings, counts: countsOf(findings) };
    return explain(circumstances, faultOf(fault), part) ?? [];
  });
  return [...new Map(found.map((cause) => [`${cause.code} ${cause.says}`, cause])).values()];
}

function countsOf(findings: readonly Finding[]): VariantVerdict['counts'] {
  const counted = ANOMALIES.map((one) => [one, findings.filter(({ anomaly }) => anomaly === one).length] as const);
  return Object.fromEntries(counted.filter(([, count]) => count > 0));
}

function faultOf(fault: LabFault | undefined): Fault {
  return fault === undefined
    ? { kind: 'none', bit: true, figures: {} }
    : { kind: fault.kind, bit: fault.evidence?.bit ?? true, figures: fault.evidence?.figures ?? {} };
}

interface Known extends Shown {
  readonly readAt: number;
}

/** A check shows the first findings of a class only, and not always the same: kinds that were there before are no news. */
function isNews(shown: Shown, before: Known | undefined): boolean {
  return before?.head !== shown.head || !shown.shapes.isSubsetOf(before.shapes);
}

export function openWhy({ bench, versions, faults, foundAt, onChange, read = readCircumstances }: WhyOptions): Why {
  const causes = new Map<string, readonly Cause[]>();
  const known = new Map<string, Known>();
  let reading = false;

  const change = (variant: string, next: readonly Cause[]): void => {
    const before = causes.get(variant) ?? [];
    if (JSON.stringify(before) === JSON.stringify(next)) return;
    if (next.length === 0) causes.delete(variant);
    else causes.set(variant, next);
    onChange(variant, next);
  };

  const look = async (due: readonly VariantVerdict[]): Promise<void> => {
    const late = AbortSignal.timeout(READ_LIMIT_MS);
    const found = await Promise.race([
      read({ ...bench.circumstances, pipeline: bench.pipeline, versions }, due),
      new Promise<'late'>((done) => late.addEventListener('abort', () => done('late'), { once: true })),
    ]);
    if (found === 'late') {
      // They are due again with the next check.
      for (const { variant } of due) known.delete(variant);
      return;
    }
    for (const one of due) change(one.variant, causesByFault(found, one, faults(), foundAt()));
  };

  return {
    causes,
    note(variants, now) {
      const due: VariantVerdict[] = [];
      for (const verdict of variants) {
        const { variant } = verdict;
        // One that could not be looked at is as wrong as it was.
        if (verdict.verdict === 'UNKNOWN' && !isBroken(verdict)) continue;
        if (!isBroken(verdict)) {
          known.delete(variant);
          change(variant, []);
          continue;
        }
        const shown = shownBy(verdict, faults());
        const before = known.get(variant);
        if (reading || now - (before?.readAt ?? 0) < PAUSE_MS || !isNews(shown, before)) continue;
        const shapes = before?.head === shown.head ? before.shapes.union(shown.shapes) : shown.shapes;
        known.set(variant, { head: shown.head, shapes, readAt: now });
        due.push(verdict);
      }
      if (due.length === 0) return;
      reading = true;
      void look(due)
        // What cannot be read now may be read at the next change.
        .catch(() => {})
        .finally(() => {
          reading = false;
        });
    },
  };
}
