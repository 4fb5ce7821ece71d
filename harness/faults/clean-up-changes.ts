import type { Fault } from '#model/fault.ts';
import type { CleanedUp } from '#model/pipeline.ts';
import { injection } from './injection.ts';
import { resumeCapture, whileStopped } from './stopped-capture.ts';

export interface CleanUpChangesOptions {
  /** Operations whose changes must be removed unread. */
  readonly operations: number;
  /** `own-tables`: those of other captures of the database are left, as by a cleanup that has not come to them yet. */
  readonly of: CleanedUp;
}

/**
 * Removes the captured changes that a stopped connector has not read yet, as a server's cleanup does by itself once they are
 * older than its retention.
 */
export function cleanUpChanges({ operations, of }: CleanUpChangesOptions): Fault {
  return {
    kind: 'clean-up-changes',
    needs: ['change-tables', 'restart'],
    disturbs: ['connect'],
    async inject(context) {
      const { cleanUpChanges: cleanUp } = context.pipeline;
      if (cleanUp === undefined) throw new Error('the source keeps no captured changes');
      let removed = 0;
      const missed = await whileStopped(context, operations, async () => {
        removed = await cleanUp(of);
      });
      context.say(`${removed} captured changes removed, with ${missed} operations that the connector had not read`);
      return injection({
        heal: () => resumeCapture(context),
        evidence: () => ({
          bit: removed >= operations && missed > 0,
          summary: `the source removed ${removed} captured changes, with ${missed} operations that the stopped connector had not read`,
          figures: { changes_removed: removed, operations_missed: missed },
        }),
      });
    },
  };
}
