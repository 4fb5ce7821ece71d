/** What a replication slot keeps the source from removing, at a moment. */
export interface SlotLag {
  readonly slot: string;
  /** A connector is reading it. */
  readonly active: boolean;
  /** Log that the server must keep for it: from `restart_lsn` to the present position. */
  readonly retainedBytes: number;
  /** Log behind what the connector has confirmed: from `confirmed_flush_lsn` to the present position. */
  readonly unconfirmedBytes: number;
  readonly restartLsn: string;
  readonly confirmedLsn: string;
}

/** How a pipeline treats its source's log, once its connector was stopped in order and has confirmed all that it can. */
export interface SourceLog {
  readonly slots: readonly SlotLag[];
  /** Log that the server wrote while the writers wrote. */
  readonly writtenBytes: number;
  /**
   * Slots that the connector could not confirm most of it for though it ran: nothing that it captures was written, and it
   * sends no heartbeat, so the source keeps its log for ever.
   */
  readonly unbounded: readonly string[];
}

/** Less says nothing: a server writes some of its log for itself. */
const WRITTEN_BYTES_MIN = 256 * 1024;

/** The slots that hold back at least half of what was written, of a connector that `ran` until it was stopped. */
export function unboundedSlots(slots: readonly SlotLag[], writtenBytes: number, ran: boolean): string[] {
  if (!ran || writtenBytes < WRITTEN_BYTES_MIN) return [];
  return slots.filter(({ unconfirmedBytes }) => unconfirmedBytes * 2 >= writtenBytes).map(({ slot }) => slot);
}
