import type { TableId } from '#model/catalog.ts';
import type { LogView } from '#model/pipeline.ts';
import type { Offsets } from '#model/position.ts';
import type { LogIndex } from './log-index.ts';
import type { UndecodedLog } from './undecoded.ts';

/** The log as the verifier knows it: {@link LogView} with the history of every key. */
export interface LogHistory
  extends LogView,
    Pick<
      LogIndex,
      'history' | 'forgetful' | 'transactions' | 'columnSince' | 'touched' | 'forget' | 'keyless' | 'recordKey'
    > {
  /** The records that nobody could read. */
  readonly undecoded: Pick<UndecodedLog, 'of'>;
  /** Why the reader waits with records that it has; undefined while it waits for none. */
  readonly trouble: string | undefined;
  /** False where records of the table had left the log before this reader saw them. */
  complete(table: TableId): boolean;
  /** True once every record below `ends` has been seen. */
  caughtUp(ends: Offsets): boolean;
  /** Waits until {@link caughtUp}, or the limit has passed; says which. */
  awaitCaughtUp(ends: Offsets, limitMs: number, signal?: AbortSignal): Promise<boolean>;
}
