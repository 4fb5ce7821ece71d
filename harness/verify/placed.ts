import { engineOf } from '#engines/index.ts';
import type { VariantVerdict } from '#model/observation.ts';
import { type FactJudge, openFactJudge } from './judge/judge-facts.ts';

/** A verdict whose findings say where their events are at the source, as its engine writes a position. */
export function placed(verdict: VariantVerdict, engine: string): VariantVerdict {
  const { formatPosition } = engineOf({ engine }).source;
  return {
    ...verdict,
    findings: verdict.findings.map((finding) => {
      const { event } = finding;
      if (event?.lsn === undefined) return finding;
      return { ...finding, event: { ...event, position: formatPosition(event.lsn) } };
    }),
  };
}

/** See {@link openFactJudge}; the facts name the engine by which its findings are {@link placed}. */
export function openPlacedJudge(variant: string): FactJudge {
  const judge = openFactJudge(variant);
  let engine: string | undefined;
  return {
    take(fact) {
      if (fact.type === 'cut') engine = fact.engine;
      judge.take(fact);
    },
    missing: judge.missing,
    get ended() {
      return judge.ended;
    },
    verdict: () => (engine === undefined ? judge.verdict() : placed(judge.verdict(), engine)),
  };
}
