import { type ChangeEvent, type EventOp, type EventRow, UNCHANGED } from '#model/change-event.ts';
import { type Staged, stage } from './entries.ts';

/** A staged event of the table `public.t` with the key column `id`, for tests. */
export function staged(op: EventOp, id: string, more: { after?: EventRow; lsn?: bigint } = {}): Staged {
  const event: ChangeEvent = {
    topic: 'p.public.t',
    partition: 0,
    offset: 0n,
    timestampMs: 0,
    table: 'public.t',
    op,
    key: op === 'truncate' ? {} : { id },
    ...(op === 'delete' || op === 'truncate' ? {} : { after: { id, ...more.after } }),
    columns: [],
    ...(more.lsn === undefined ? {} : { lsn: more.lsn }),
    snapshot: op === 'read',
    bytes: 0,
  };
  return stage(event, 0);
}

export { UNCHANGED };
