import type { Asked, Place, SetUpCause, SetUpFacts } from '#model/set-up.ts';
import type { Side } from './traces.ts';

/** What an entry of the table has found in the facts. */
export type SetUpFound = Omit<SetUpCause, 'code' | 'docs' | 'notes' | 'check'> &
  Partial<Pick<SetUpCause, 'notes' | 'check'>> & {
    /** The side whose connector has failed for this reason: that it has is then no cause of its own. */
    readonly explains?: Side;
  };

/** One cause of the table: what it is, and what in the facts shows it. */
export interface SetUpEntry {
  readonly code: string;
  /** What it is: one sentence without names of a user's own. */
  readonly title: string;
  readonly docs: string;
  /** The versions on which the messages that it reads were seen. */
  readonly seenOn?: string;
  /** Codes of a report's causes, in whose place it stands: it says more than words alone can. One of its own code is always such. */
  readonly insteadOf?: readonly string[];
  /** Undefined where nothing in the facts shows it. Never a pattern over this project's own sentences. */
  find(facts: SetUpFacts): SetUpFound | undefined;
}

/** An entry that looks at what one server answered; it finds nothing where that is not part of the pipeline, or did not answer. */
export function answered<T>(
  of: (facts: SetUpFacts) => Asked<T> | undefined,
  find: (read: T, place: Place, facts: SetUpFacts) => SetUpFound | undefined,
): SetUpEntry['find'] {
  return (facts) => {
    const asked = of(facts);
    return asked !== undefined && 'read' in asked ? find(asked.read, asked.place, facts) : undefined;
  };
}

/** Of tables of one kind, as a sentence begins: `public.a, public.b`. */
export const listed = (names: readonly string[]): string => names.join(', ');
