import { type TableId, tableId } from '#model/catalog.ts';
import type { Fact, KeyObservation, Stall, VariantVerdict } from '#model/observation.ts';
import { judgeKey } from './judge-key.ts';
import { judgeColumns } from './judge-table.ts';
import { judgeVariant, unjudged } from './judge-variant.ts';
import { createTally, type TableFigures, type Tally } from './tally.ts';

/** Judges one variant by what a check of every row saw of it, whether it is seen now or read from a file. */
export interface FactJudge {
  take(fact: Fact): void;
  /** The last fact has come. */
  readonly ended: boolean;
  /** What all facts so far amount to; UNKNOWN while the last of them, the `end`, has not come. */
  verdict(): VariantVerdict;
}

interface TableJudged {
  readonly tally: Tally;
  inFlight: number;
  figures?: TableFigures;
}

export function openFactJudge(variant: string): FactJudge {
  const tables = new Map<TableId, TableJudged>();
  const invariants: Extract<Fact, { readonly type: 'invariant' }>[] = [];
  let stalled: Stall | undefined;
  let reason: string | undefined;
  let end: Extract<Fact, { readonly type: 'end' }> | undefined;

  const tableOf = (id: TableId): TableJudged => {
    const known = tables.get(id) ?? { tally: createTally(), inFlight: 0 };
    tables.set(id, known);
    return known;
  };

  return {
    take(fact) {
      switch (fact.type) {
        case 'cut':
          stalled = fact.stalled;
          break;
        case 'columns': {
          const { tally } = tableOf(tableId(fact.source));
          if (fact.sink !== undefined)
            for (const finding of judgeColumns({ source: fact.source, sink: fact.sink })) tally.add(finding);
          break;
        }
        case 'key': {
          const table = tableOf(fact.table);
          if (isUnderWay(fact.state, stalled)) table.inFlight++;
          else for (const finding of judgeKey(fact.table, fact.state)) table.tally.add(finding);
          break;
        }
        case 'rows': {
          const { table, sourceRows, sinkRows } = fact;
          const known = tableOf(table);
          known.figures = { table, sourceRows, sinkRows, inFlight: known.inFlight, behind: true };
          break;
        }
        case 'invariant':
          invariants.push(fact);
          break;
        case 'unjudged':
          reason = fact.reason;
          break;
        case 'end':
          end = fact;
          break;
      }
    },
    get ended() {
      return end !== undefined;
    },
    verdict() {
      if (end === undefined) return unjudged(variant, 'the check did not end');
      if (reason !== undefined) return unjudged(variant, reason, end.lag);
      const compared = [...tables.values()].flatMap(({ tally, figures }) =>
        figures === undefined ? [] : [{ tally, figures }],
      );
      const { lag } = end;
      return judgeVariant({
        variant,
        tables: compared,
        lag,
        invariants,
        ...(stalled === undefined ? {} : { stalled }),
      });
    },
  };
}

/**
 * After the drain a change that the consumer has not passed yet is late, not lost; one that was never captured is lost,
 * unless the connector is known to have stalled.
 */
function isUnderWay(state: KeyObservation, stalled: Stall | undefined): boolean {
  if (state.log !== undefined && !state.log.consumed) return true;
  return stalled?.hop === 'source-to-log' && (state.ledger?.captured === false || state.log === undefined);
}
