import type { Cause, DiagnosisFacts } from '#model/cause.ts';
import type { Anomaly, Finding } from '#model/finding.ts';

/** What an entry of the table has found in the facts. */
export interface Found {
  readonly says: string;
  readonly evidence: readonly string[];
  readonly remedy: readonly string[];
  readonly certainty: Exclude<Cause['certainty'], 'unknown'>;
  /** The page of the engine that it was found at, where the entry's own page is another engine's. */
  readonly docs?: string;
  /** The findings that it explains. */
  readonly explains: readonly Finding[];
  /** The columns of these findings that it explains; all in which they differ where it is left out. */
  readonly columns?: readonly string[];
}

/** One cause of the table: what it is, what it can explain, and what in the facts shows it. */
export interface CauseEntry {
  readonly code: string;
  /** What it is, for docs/causes.md: one sentence without names of a user's own. */
  readonly title: string;
  readonly anomalies: readonly Anomaly[];
  readonly docs: string;
  /** It is reported even where it explains no finding: it warns of what is about to go wrong. */
  readonly warns?: true;
  /** The versions on which the messages that it reads were seen: `PostgreSQL 18.4, pgjdbc 42.7`. */
  readonly seenOn?: string;
  /** Products whose messages it reads as well, taken from public reports or source code: they were never seen here. */
  readonly reported?: string;
  /** It names how values differ and not why: left out where another cause is shown to explain the same columns. */
  readonly general?: true;
  /** Undefined where nothing in the facts shows it. Never a pattern over this project's own sentences. */
  find(facts: DiagnosisFacts): Found | undefined;
}
