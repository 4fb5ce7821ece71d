/**
 * The words that shapes and the vocabulary share. This file alone loads no library: every program of the lab needs it, and most
 * need no JSON Schema.
 */

/** The results of a verification, from best to worst. */
export const VERDICTS = ['PASS', 'WARN', 'SYNC_IN_PROGRESS', 'UNKNOWN', 'FAIL'] as const;

/** The result of a verification. */
export type Verdict = (typeof VERDICTS)[number];

export const ANOMALIES = [
  'lost',
  'orphan',
  'duplicate',
  'stale',
  'resurrected',
  'corrupt',
  'missing-column',
  'extra-column',
  'reordered',
  'partial-transaction',
  'invariant',
  'stalled',
] as const;

/** The classes of anomaly: an observed violation. See docs/anomalies.md. */
export type Anomaly = (typeof ANOMALIES)[number];

/** Tokens of a bundle of context: enough for the analysis of one failure, and at most. */
export const BUNDLE_TOKENS = { least: 500, usual: 8000, most: 32_000 } as const;
