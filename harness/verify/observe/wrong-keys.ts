import type { Anomaly, Finding } from '#model/finding.ts';
import type { Key } from '#model/values.ts';
import { FINDINGS_MAX, surplusOf, type Tally } from '#verify/judge/tally.ts';

/**
 * The keys of one table at one sink that were wrong when they were last judged, those first that have waited longest. The
 * rows are kept of as many of each class as are shown: a sink that inserts blindly has one more copy of everything with
 * each replay, and a lab runs for hours.
 */
export interface WrongKeys {
  readonly size: number;
  has(key: Key): boolean;
  keys(): MapIterator<Key>;
  /** The first finding, maybe without its rows. */
  first(key: Key): Finding | undefined;
  /** Puts the key behind all others. */
  set(key: Key, findings: readonly Finding[]): void;
  delete(key: Key): boolean;
  /** Adds all findings to a tally, those with rows first. */
  tally(into: Pick<Tally, 'add'>): void;
}

interface Told {
  readonly finding: Finding;
  readonly surplus: number | undefined;
}

export function createWrongKeys(): WrongKeys {
  const keys = new Map<Key, readonly Told[]>();
  const shown = new Map<Anomaly, Map<Key, Finding>>();

  const remove = (key: Key): boolean => {
    for (const { finding } of keys.get(key) ?? []) shown.get(finding.anomaly)?.delete(key);
    return keys.delete(key);
  };

  return {
    get size() {
      return keys.size;
    },
    has: (key) => keys.has(key),
    keys: () => keys.keys(),
    first: (key) => keys.get(key)?.[0]?.finding,
    set(key, findings) {
      remove(key);
      for (const finding of findings) {
        const of = shown.get(finding.anomaly) ?? new Map<Key, Finding>();
        shown.set(finding.anomaly, of);
        if (of.size < FINDINGS_MAX) of.set(key, finding);
      }
      keys.set(
        key,
        findings.map((finding) => ({ finding: withoutRows(finding), surplus: surplusOf(finding) })),
      );
    },
    delete: remove,
    tally(into) {
      for (const of of shown.values()) for (const finding of of.values()) into.add(finding);
      for (const [key, told] of keys)
        for (const { finding, surplus } of told)
          if (shown.get(finding.anomaly)?.has(key) !== true) into.add(finding, surplus);
    },
  };
}

function withoutRows({ source: _source, sink: _sink, differs: _differs, ...rest }: Finding): Finding {
  return rest;
}
