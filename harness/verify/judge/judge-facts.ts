import { type TableId, tableId } from '#model/catalog.ts';
import type { Finding } from '#model/finding.ts';
import type { Fact, KeyObservation, Stall, VariantVerdict } from '#model/observation.ts';
import { judgeKey } from './judge-key.ts';
import { judgeColumns } from './judge-table.ts';
import { judgeTransaction, type MissingRow, neverApplied } from './judge-transaction.ts';
import { judgeVariant, unjudged } from './judge-variant.ts';
import { judgeVersion } from './judge-version.ts';
import { createTally, type TableFigures, type Tally } from './tally.ts';
import { isUndecided, whyUndecided } from './undecided.ts';

/** Judges one variant by what a check of every row saw of it, whether it is seen now or read from a file. */
export interface FactJudge {
  take(fact: Fact): void;
  /** Rows that the sink never had a transaction's change of, up to a limit. */
  readonly missing: readonly MissingRow[];
  /** The last fact has come. */
  readonly ended: boolean;
  /** What all facts so far amount to; UNKNOWN while the last of them, the `end`, has not come. */
  verdict(): VariantVerdict;
}

interface TableJudged {
  readonly tally: Tally;
  inFlight: number;
  /** Rows that records which nobody could read may have changed, and the first of these records. */
  undecided: number;
  undecoded?: KeyObservation['undecoded'];
  figures?: TableFigures;
}

/** Rows that are looked at for whether they are the missing part of a transaction. */
const MISSING_MAX = 5000;

export function openFactJudge(variant: string): FactJudge {
  const tables = new Map<TableId, TableJudged>();
  const invariants: Extract<Fact, { readonly type: 'invariant' }>[] = [];
  const missing: MissingRow[] = [];
  const incomparable = new Set<string>();
  const notes = new Set<string>();
  let stalled: Stall | undefined;
  let reason: string | undefined;
  let end: Extract<Fact, { readonly type: 'end' }> | undefined;

  const tableOf = (id: TableId): TableJudged => tableIn(tables, id);

  return {
    take(fact) {
      switch (fact.type) {
        case 'cut':
          stalled = fact.stalled;
          break;
        case 'columns':
          takeColumns(tableOf(tableId(fact.source)), fact);
          for (const note of fact.notes ?? []) notes.add(note);
          break;
        case 'key': {
          const absent = takeKey(tableOf(fact.table), fact, stalled);
          if (absent !== undefined && missing.length < MISSING_MAX) missing.push(absent);
          break;
        }
        case 'version':
          tableOf(fact.table).tally.add(judgeVersion(fact.table, fact.key, fact.state));
          break;
        case 'transaction': {
          const finding = transactionFinding(fact, missing);
          if (finding?.table !== undefined) tableOf(finding.table).tally.add(finding);
          break;
        }
        case 'rows':
          takeRows(tableOf(fact.table), fact);
          break;
        case 'invariant':
          invariants.push(fact);
          break;
        case 'unjudged':
          if (fact.table === undefined) reason = fact.reason;
          else incomparable.add(fact.reason);
          break;
        case 'end':
          end = fact;
          break;
      }
    },
    missing,
    get ended() {
      return end !== undefined;
    },
    verdict() {
      if (end === undefined) return unjudged(variant, 'the check did not finish');
      const { lag } = end;
      const compared = comparedOf(tables);
      const why = reason ?? whyUnjudged(tables, compared.length + incomparable.size > 0 || stalled !== undefined);
      if (why !== undefined) return unjudged(variant, why, lag);
      const verdict = judgeVariant({
        variant,
        tables: compared,
        lag,
        invariants,
        incomparable: [...incomparable, ...undecidedOf(tables)],
        ...(stalled === undefined ? {} : { stalled }),
      });
      const { partialTransactions } = end;
      return {
        ...verdict,
        ...(partialTransactions === undefined ? {} : { partialTransactions }),
        ...(notes.size === 0 ? {} : { notes: [...notes] }),
      };
    },
  };
}

function tableIn(tables: Map<TableId, TableJudged>, id: TableId): TableJudged {
  const known = tables.get(id) ?? { tally: createTally(), inFlight: 0, undecided: 0 };
  tables.set(id, known);
  return known;
}

function takeColumns({ tally }: TableJudged, { source, sink }: Extract<Fact, { readonly type: 'columns' }>): void {
  if (sink === undefined) return;
  for (const finding of judgeColumns({ source, sink })) tally.add(finding);
}

function takeRows(
  judged: TableJudged,
  { table, sourceRows, sinkRows }: Extract<Fact, { readonly type: 'rows' }>,
): void {
  const { inFlight, undecided } = judged;
  judged.figures = { table, sourceRows, sinkRows, inFlight, behind: true, undecided };
}

/** Judges a key, or counts it as one that cannot be. Returns the row where the sink never had its last change. */
function takeKey(
  table: TableJudged,
  { table: id, state }: Extract<Fact, { readonly type: 'key' }>,
  stalled: Stall | undefined,
): MissingRow | undefined {
  if (isUnderWay(state, stalled)) {
    table.inFlight++;
    return undefined;
  }
  if (isUndecided(state)) {
    table.undecided++;
    table.undecoded ??= state.undecoded;
    return undefined;
  }
  const findings = judgeKey(id, state);
  for (const finding of findings) table.tally.add(finding);
  const event = neverApplied(state, findings);
  const [finding] = findings;
  return event === undefined || finding === undefined ? undefined : { table: id, key: state.key, event, finding };
}

function transactionFinding(
  { txn, rows, present, missing: absent }: Extract<Fact, { readonly type: 'transaction' }>,
  missing: readonly MissingRow[],
): Finding | undefined {
  const named = absent.flatMap(
    ({ table, key }) => missing.find((row) => row.table === table && row.key === key && row.event.txn === txn) ?? [],
  );
  return judgeTransaction({ txn, rows, present, missing: named });
}

type Tables = ReadonlyMap<TableId, TableJudged>;

function comparedOf(tables: Tables): { readonly tally: Tally; readonly figures: TableFigures }[] {
  return [...tables.values()].flatMap(({ tally, figures }) => (figures === undefined ? [] : [{ tally, figures }]));
}

/** Why no verdict can be given: what nobody compared is not known to be right. `any` says that there is something to judge. */
function whyUnjudged(tables: Tables, any: boolean): string | undefined {
  const [left] = [...tables].flatMap(([id, { figures }]) => (figures === undefined ? [id] : []));
  if (left !== undefined) return `${left} was not fully compared`;
  return any ? undefined : 'no table was compared';
}

function undecidedOf(tables: Tables): string[] {
  return [...tables].flatMap(([id, { undecided, undecoded }]) =>
    undecoded === undefined ? [] : [whyUndecided(id, undecided, undecoded)],
  );
}

/**
 * After the drain a change that the consumer has not passed yet is late, not lost, unless it has left the log: it cannot be
 * passed any more then, and a consumer that has nothing else to read never moves its position over it. One that was never
 * captured is lost, unless the connector is known to have stalled.
 */
function isUnderWay(state: KeyObservation, stalled: Stall | undefined): boolean {
  if (state.log !== undefined && !state.log.consumed && !state.log.expired) return true;
  if (isUndecided(state) && state.undecoded?.consumed === false) return true;
  const isLate = stalled?.hop === 'source-to-log' || stalled?.uncaptured === true;
  return isLate && (state.ledger?.captured === false || state.log === undefined);
}
