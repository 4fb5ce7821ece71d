import type { Fault } from '#model/fault.ts';
import { injection, orUndo } from './injection.ts';
import { binlogOf } from './stopped-capture.ts';

export interface NarrowRowImageOptions {
  /** Updates and deletes that must be written with narrow images. */
  readonly operations: number;
}

const LIMIT_MS = 60_000;

/**
 * Has the source write minimal row images to its binary log under a running connector, as a server does after a change of
 * `binlog_row_image`: of a changed row the log then holds its key and the columns that were written, and no others.
 */
export function narrowRowImage({ operations }: NarrowRowImageOptions): Fault {
  return {
    kind: 'narrow-row-image',
    needs: ['binlog', 'source-settings'],
    disturbs: ['connect'],
    async inject({ pipeline, writers, until, say }) {
      const binlog = binlogOf(pipeline);
      const before = await binlog.setRowImage('minimal');
      const restore = async (): Promise<void> => void (await binlog.setRowImage(before));
      return orUndo(restore, async () => {
        const mark = writers.operations.length;
        const narrow = (): number => writers.operations.slice(mark).filter(({ kind }) => kind !== 'insert').length;
        await until('rows to be changed with minimal row images', () => narrow() >= operations, {
          limitMs: LIMIT_MS,
          saw: () => `${narrow()} of ${operations} updates and deletes`,
        });
        const changed = narrow();
        say(`${changed} updates and deletes were logged with minimal row images`);
        return injection({
          heal: restore,
          evidence: () => ({
            bit: before === 'full' && changed > 0,
            summary: `${changed} updates and deletes were logged with minimal row images`,
            figures: { operations_narrow: changed },
          }),
        });
      });
    },
  };
}
