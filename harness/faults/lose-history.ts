import type { Fault } from '#model/fault.ts';
import { injection } from './injection.ts';
import { binlogOf, resumeCapture, whileStopped } from './stopped-capture.ts';

export interface LoseHistoryOptions {
  /** Operations that are written while the connector is stopped. */
  readonly operations: number;
}

/**
 * Deletes the schema history topic while the connector is stopped, as retention does where the topic was not made to keep
 * everything: only a connector that starts reads it.
 */
export function loseHistory({ operations }: LoseHistoryOptions): Fault {
  return {
    kind: 'lose-history',
    needs: ['binlog', 'restart'],
    disturbs: ['connect'],
    async inject(context) {
      const binlog = binlogOf(context.pipeline);
      let deleted = false;
      const waiting = await whileStopped(context, operations, async () => {
        await binlog.deleteHistory();
        deleted = true;
      });
      context.say(`the schema history topic was deleted while ${waiting} operations waited to be captured`);
      return injection({
        heal: () => resumeCapture(context),
        evidence: () => ({
          bit: deleted,
          summary: `the schema history topic was deleted while the connector was stopped and ${waiting} operations waited`,
          figures: { operations_waiting: waiting },
        }),
      });
    },
  };
}
