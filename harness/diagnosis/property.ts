import type { DiagnosisFacts } from '#model/cause.ts';
import type { Anomaly, Finding } from '#model/finding.ts';
import type { OwnConnector } from '#model/pipeline.ts';
import type { CauseEntry, Found } from './entry.ts';
import { findingsOf, ofSource } from './reading.ts';

type Told = Pick<Found, 'says' | 'evidence' | 'remedy'> & Partial<Pick<Found, 'certainty'>>;

/** A cause that lies in a property of a source connector, where there are findings that the property can produce. */
export function property(
  entry: Omit<CauseEntry, 'find'>,
  explain: (source: OwnConnector, facts: DiagnosisFacts) => readonly Finding[] | undefined,
  tell: (source: OwnConnector, facts: DiagnosisFacts, explains: readonly Finding[]) => Told,
): CauseEntry {
  return {
    ...entry,
    find(facts) {
      for (const source of facts.sources) {
        const explains = ofSource(source, explain(source, facts) ?? []);
        if (explains.length > 0) return { certainty: 'likely', explains, ...tell(source, facts, explains) };
      }
      return undefined;
    },
  };
}

/** Rows that were never captured. */
export const uncaptured = (facts: DiagnosisFacts, ...anomalies: readonly Anomaly[]): Finding[] =>
  findingsOf(facts, anomalies, ['source-to-log']);
