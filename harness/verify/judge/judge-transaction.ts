import type { TableId } from '#model/catalog.ts';
import type { EventRef, Finding } from '#model/finding.ts';
import type { KeyObservation } from '#model/observation.ts';
import type { Key } from '#model/values.ts';

/** A row of which the sink never had what the transaction did to it, and what is wrong with it since. */
export interface MissingRow {
  readonly table: TableId;
  readonly key: Key;
  readonly event: EventRef;
  readonly finding: Finding;
}

/** One transaction of the source as a sink shows it that is past all of its changes. */
export interface TransactionObservation {
  readonly txn: string;
  /** Rows that no later transaction has changed and whose change the sink has. */
  readonly present: number;
  readonly missing: readonly MissingRow[];
  /** All rows that the transaction changed. */
  readonly rows: number;
}

/**
 * The last change of a wrong key, where it is certain that the sink never had it; undefined else. A row that was right
 * before and is wrong now was damaged later: its transaction had arrived whole. Nor does a value that is wrong say
 * whether the change was applied; a row that is missing, that outlived its delete, or that names an older change, does.
 */
export function neverApplied(observation: KeyObservation, findings: readonly Finding[]): EventRef | undefined {
  const { log, appliedBefore } = observation;
  const [finding] = findings;
  if (finding === undefined || findings.length > 1 || log === undefined || appliedBefore === true) return undefined;
  const { last, changeLsn } = log;
  // Of rows that share a key at the sink one may have been there until the next took its place.
  if ((log.recordKey?.rows ?? 0) > 1 || observation.collides !== undefined) return undefined;
  if (last.txn === undefined || changeLsn === undefined || last.lsn !== changeLsn) return undefined;
  switch (finding.anomaly) {
    case 'lost':
      return last.op === 'create' ? last : undefined;
    case 'orphan':
      return last.op === 'delete' ? last : undefined;
    case 'stale': {
      const [lsn] = observation.sinkLsn ?? [];
      return lsn !== undefined && lsn < changeLsn ? last : undefined;
    }
    default:
      return undefined;
  }
}

/** Whether a transaction is at the sink in part only, as one finding that names the rows which are not. */
export function judgeTransaction({ txn, present, missing, rows }: TransactionObservation): Finding | undefined {
  const [first] = missing;
  if (first === undefined || present === 0) return undefined;
  const hop = first.finding.hop ?? 'log-to-sink';
  const named = missing
    .slice(0, NAMED_MAX)
    .map(({ table, key, finding }) => `${table} ${key} (${finding.anomaly})`)
    .join(', ');
  const more = missing.length > NAMED_MAX ? ` and ${missing.length - NAMED_MAX} more` : '';
  const others = rows - present - missing.length;
  const changed =
    others === 0
      ? ''
      : others === 1
        ? ', and 1 was changed again by a later transaction'
        : `, and ${others} were changed again by later transactions`;
  return {
    anomaly: 'partial-transaction',
    table: first.table,
    key: first.key,
    txn,
    hop,
    event: first.event,
    detail: `only part of transaction ${txn} was applied to the sink: ${present} of its ${rows} rows were applied${changed}; not applied: ${named}${more}.`,
  };
}

const NAMED_MAX = 5;
