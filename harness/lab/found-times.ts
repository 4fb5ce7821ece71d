import type { Anomaly } from '#model/finding.ts';
import type { VariantVerdict } from '#model/observation.ts';
import { findingName } from './live-report.ts';

/** When each finding was first said. */
export interface FoundTimes {
  /** By {@link findingName}, in ms since the epoch. */
  readonly at: ReadonlyMap<string, number>;
  /** Takes the verdicts of a check that was made at `at`. Returns them with those findings only that are new. */
  note(variants: readonly VariantVerdict[], at: number): VariantVerdict[];
}

const REMEMBERED_MAX = 10_000;

/**
 * A check names some of a class only, and not always the same: a key that live writes touch is in flight, and comes back
 * with what is wrong with it. So a finding is remembered until its variant has none of its class any more.
 */
export function createFoundTimes(): FoundTimes {
  const times = new Map<string, { readonly at: number; readonly variant: string; readonly anomaly: Anomaly }>();

  const forget = ({ variant, verdict, counts }: VariantVerdict): void => {
    // One that could not be looked at has mended nothing.
    if (verdict === 'UNKNOWN') return;
    for (const [name, one] of times)
      if (one.variant === variant && (counts[one.anomaly] ?? 0) === 0) times.delete(name);
  };

  return {
    get at() {
      return new Map([...times].map(([name, { at }]) => [name, at]));
    },
    note(variants, at) {
      const fresh = variants.map((verdict) => {
        forget(verdict);
        const findings = verdict.findings.filter((finding) => {
          const name = findingName(verdict.variant, finding);
          if (times.has(name)) return false;
          times.set(name, { at, variant: verdict.variant, anomaly: finding.anomaly });
          return true;
        });
        return { ...verdict, findings };
      });
      for (const name of times.keys()) {
        if (times.size <= REMEMBERED_MAX) break;
        times.delete(name);
      }
      return fresh;
    },
  };
}
