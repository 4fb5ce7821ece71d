import type { Fault } from '#model/fault.ts';
import { injection } from './injection.ts';
import { binlogOf, resumeCapture, whileStopped } from './stopped-capture.ts';

export interface PurgeBinlogOptions {
  /** Operations that must lie in the files that are removed. */
  readonly operations: number;
}

const LIMIT_MS = 30_000;

/**
 * Removes the files of the source's binary log that a stopped connector has not read yet, as a server does by itself once
 * they are older than `binlog_expire_logs_seconds`.
 */
export function purgeBinlog({ operations }: PurgeBinlogOptions): Fault {
  return {
    kind: 'purge-binlog',
    needs: ['binlog', 'source-settings', 'restart'],
    disturbs: ['connect'],
    async inject(context) {
      const binlog = binlogOf(context.pipeline);
      let removed = 0;
      const missed = await whileStopped(context, operations, async () => {
        const newest = await binlog.rotate();
        // The server keeps a file for a moment that a reader which has gone still had open.
        await context.until(
          'the server to remove its older binlog files',
          async () => {
            const purged = await binlog.purge(newest);
            removed += purged.removed;
            return purged.left === 0;
          },
          { limitMs: LIMIT_MS, saw: () => `${removed} files removed` },
        );
      });
      context.say(`${removed} binlog files removed, with ${missed} operations that the connector had not read`);
      return injection({
        heal: () => resumeCapture(context),
        evidence: () => ({
          bit: removed > 0 && missed > 0,
          summary: `the server removed ${removed} binlog files with ${missed} operations that the stopped connector had not read`,
          figures: { binlog_files_removed: removed, operations_missed: missed },
        }),
      });
    },
  };
}
