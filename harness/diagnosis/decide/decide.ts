import type { Decision } from '#contracts/decision.ts';
import type { ConnectorFacts, VariantFacts } from '#model/decision.ts';
import { CONNECTOR_ERRORS } from './connector-errors.ts';
import { ROW_COUNTS } from './row-counts.ts';
import { leavesOf, walk } from './tree.ts';

interface Deciding {
  readonly connectors: readonly ConnectorFacts[];
  readonly variants: readonly VariantFacts[];
  /** How a recovery of one subject is typed. */
  readonly command: (recovery: string, subject: Pick<Decision, 'about' | 'subject'>) => string;
}

/** Walks the trees for every connector and variant: what needs something done first, connectors first among these. */
export function decide({ connectors, variants, command }: Deciding): readonly Decision[] {
  const walking = (about: Decision['about'], subject: string) => ({
    ...{ about, subject },
    command: (recovery: string) => command(recovery, { about, subject }),
  });
  const all = [
    ...connectors.map((facts) => walk(CONNECTOR_ERRORS, facts, walking('connector', facts.connector))),
    ...variants.map((facts) => walk(ROW_COUNTS, facts, walking('variant', facts.variant))),
  ];
  return all.toSorted((left, right) => Number(left.sound) - Number(right.sound));
}

/** The names of all recoveries that a tree may recommend. */
export function recommendedRecoveries(): ReadonlySet<string> {
  const leaves = [...leavesOf(CONNECTOR_ERRORS), ...leavesOf(ROW_COUNTS)];
  return new Set(leaves.flatMap(({ recovery }) => recovery ?? []));
}
