import type { Fault } from '#model/fault.ts';
import { OperatorError } from '#std/errors.ts';
import { spent } from './injection.ts';

export interface NoneOptions {
  /** Operations that are written meanwhile: a defect that shows in one of a thousand needs some thousands of them. */
  readonly operations: number;
  /** How long that may take. Writers that are slower write fewer. */
  readonly limitMs: number;
}

/** Breaks nothing: what a pipeline does by itself, while writers write. */
export function none({ operations, limitMs }: NoneOptions): Fault {
  return {
    kind: 'none',
    needs: [],
    async inject({ writers, holdMs, until, hold, say }) {
      const from = writers.made;
      const written = (): number => writers.made - from;
      await hold('nothing is broken', holdMs);
      await until(
        `${operations} operations to be written`,
        // A writer that has failed is thrown by what it has committed.
        () => writers.committed >= 0 && written() >= operations,
        { limitMs, saw: () => `${written()} of ${operations} operations` },
      ).catch((error: unknown) => {
        if (!(error instanceof OperatorError) || error.code !== 'timed-out') throw error;
      });
      const seen = written();
      say(`${seen} operations written, nothing broken`);
      return spent(() => ({
        bit: true,
        summary:
          seen >= operations
            ? `nothing was broken while ${seen} operations were written`
            : `nothing was broken; ${seen} of ${operations} operations were written in ${Math.round(limitMs / 1000)} s: the writers are slow, so a rare defect may not have shown`,
        figures: { operations_written: seen, operations_wanted: operations },
      }));
    },
  };
}
