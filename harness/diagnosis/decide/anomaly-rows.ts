import type { VariantFacts } from '#model/decision.ts';
import { ANOMALIES, type Anomaly } from '#model/finding.ts';
import type { Branch, Fork, Leaf } from './tree.ts';

/** One row of the diagnosis table as a decision: the classes of anomalies that are asked for, and what recovers from them. */
interface AnomalyRow {
  readonly outcome: string;
  readonly asks: string;
  readonly classes: readonly Anomaly[];
  /** What must be so besides. */
  holds?(facts: VariantFacts): boolean;
  readonly cause: string;
  readonly recovery: string;
  readonly why: string;
}

/** In the order in which they are asked: what explains others comes before these. */
const ROWS: readonly AnomalyRow[] = [
  {
    outcome: 'column-missing',
    asks: 'Does the sink lack a column, or have one that the source does not?',
    classes: ['missing-column', 'extra-column'],
    cause: 'The schema of the source was changed, and the sink was not changed with it.',
    recovery: 'schema',
    why: 'it adds the columns that are missing, has the consumer run again, and fills the old rows from the source',
  },
  {
    outcome: 'expired-unread',
    asks: 'Were records removed from the topics before they were read?',
    classes: ['lost', 'stale', 'orphan', 'partial-transaction'],
    holds: ({ hops, records_gone }) => hops.includes('log') || records_gone > 0,
    cause: "The consumer fell behind by more than the topics' retention: records were removed before it read them.",
    recovery: 'lag',
    why: 'what the log no longer holds can come from the source alone: it repairs the rows by comparing both sides',
  },
  {
    outcome: 'overwritten',
    asks: 'Are rows older than at the source, or back after they were deleted?',
    classes: ['stale', 'resurrected'],
    cause: 'Older rows were written over newer ones, by a job beside the stream or by events applied out of order.',
    recovery: 'backfill',
    why: 'it lists the rows that arrived late and repairs those that were overwritten',
  },
  {
    outcome: 'not-applied',
    asks: 'Are rows missing, left over, or only partly applied?',
    classes: ['lost', 'orphan', 'partial-transaction', 'reordered'],
    cause: 'Events were not captured, or were consumed and not applied.',
    recovery: 'restart',
    why: 'it has connectors and consumer run, waits until they have read everything, and repairs the rows that differ',
  },
  {
    outcome: 'stalled',
    asks: 'Has nothing more arrived?',
    classes: ['stalled'],
    cause: 'The pipeline stands still: a connector or a consumer does not go on.',
    recovery: 'restart',
    why: 'it has connectors and consumer run again, and waits until they have read everything',
  },
  {
    outcome: 'wrong-values',
    asks: 'Do values differ?',
    classes: ['corrupt', 'invariant'],
    cause: 'Values were changed on their way.',
    recovery: 'restart',
    why: 'it repairs the rows that differ; fix the cause that the verifier names first, or they differ again',
  },
];

/** The diagnosis table as a chain of forks, ending in `rest`. */
export function anomalyForks(rest: Branch<VariantFacts>): Branch<VariantFacts> {
  return ROWS.reduceRight<Branch<VariantFacts>>((no, row) => forkOf(row, no), rest);
}

function forkOf({ outcome, asks, classes, holds, cause, recovery, why }: AnomalyRow, no: Branch<VariantFacts>) {
  const leaf: Leaf<VariantFacts> = { outcome, recovery, why, cause: (facts) => causeOf(facts, classes, cause) };
  const fork: Fork<VariantFacts> = {
    asks,
    at: 'driftlab status',
    look: (facts) => {
      const found = classes.filter((one) => (facts.anomalies[one] ?? 0) > 0);
      const yes = found.length > 0 && (holds === undefined || holds(facts));
      const gone = holds === undefined ? '' : `; ${facts.records_gone} records removed unread`;
      return { yes, evidence: `${countsText(facts, classes)}${gone}` };
    },
    yes: leaf,
    no,
  };
  return fork;
}

/** The table's own word on it where it has one, which names this pipeline's settings; the tree's sentence otherwise. */
export function causeOf({ causes }: VariantFacts, classes: readonly Anomaly[], otherwise: string): string {
  const known = causes.find(
    ({ certainty, anomalies }) => certainty !== 'unknown' && anomalies.some((one) => classes.includes(one)),
  );
  return known === undefined ? otherwise : `${known.says} [${known.code}]`;
}

/** `3 stale, 0 resurrected` */
export function countsText({ anomalies }: VariantFacts, classes: readonly Anomaly[] = ANOMALIES): string {
  return classes.map((one) => `${anomalies[one] ?? 0} ${one}`).join(', ');
}
