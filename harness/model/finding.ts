import type { ToldFinding } from '#contracts/finding.ts';
import type { Anomaly } from '#contracts/words.ts';
import type { TableId } from './catalog.ts';
import type { Key, Row, Text } from './values.ts';

export type { AnomalyCounts } from '#contracts/anomaly.ts';
export type { ToldFinding } from '#contracts/finding.ts';
export { ANOMALIES, type Anomaly } from '#contracts/words.ts';

/** Where it went wrong: not captured; gone from the log before it was consumed; not or wrongly applied. */
export type Hop = 'source-to-log' | 'log' | 'log-to-sink';

/** The last event in the log that concerns a key. */
export interface EventRef {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly lsn?: bigint;
  /** The LSN as the source's engine writes it: `0/1A2B3C4`, `mariadb-bin.000003:1234#2`. */
  readonly position?: string;
  readonly op: string;
  readonly txn?: string;
}

/** One anomaly, with its evidence: the three states of its key (source, log, sink). */
export interface Finding {
  readonly anomaly: Anomaly;
  /** Absent only where the anomaly concerns the whole pipeline (stalled). */
  readonly table?: TableId;
  readonly key?: Key;
  readonly column?: string;
  /** The source's transaction, where the anomaly concerns one as a whole. */
  readonly txn?: string;
  readonly hop?: Hop;
  readonly source?: Row;
  /** The rows of the sink that have this key; of many some, among them one that differs where any does. */
  readonly sink?: readonly Row[];
  /** How many they are, where not all are shown. */
  readonly copies?: number;
  /** The columns in which source and sink differ. */
  readonly differs?: readonly { readonly column: string; readonly source: Text; readonly sink: Text }[];
  readonly event?: EventRef;
  /** Another source table whose rows go to the same table of the sink, and which has a row of this key. */
  readonly collides?: TableId;
  /** One sentence: what was seen. */
  readonly detail: string;
}

/** Offset and LSN become decimal texts, as they may exceed a JSON number. */
export function toldFinding({ event, ...finding }: Finding): ToldFinding {
  if (event === undefined) return finding;
  const { offset, lsn, ...rest } = event;
  return {
    ...finding,
    event: { ...rest, offset: offset.toString(), ...(lsn === undefined ? {} : { lsn: lsn.toString() }) },
  };
}
