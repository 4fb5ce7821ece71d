import type { TableId } from './catalog.ts';
import type { Text } from './values.ts';

/**
 * Debezium sends a placeholder instead of a TOASTed value that an UPDATE left unchanged, because PostgreSQL does not
 * write it to the WAL. It means "keep what you have", never a value.
 */
export const UNCHANGED: unique symbol = Symbol('unchanged');

type EventValue = Text | typeof UNCHANGED;

export type EventRow = Readonly<Record<string, EventValue>>;

/** A column as the event's own schema describes it. */
export interface EventColumn {
  readonly name: string;
  /** Kafka Connect's type: `int32`, `string`, `boolean`, `bytes`, `struct`, `array`, … */
  readonly connectType: string;
  /** The semantic type, e.g. `io.debezium.time.ZonedTimestamp`, if there is one. */
  readonly semantic?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly optional: boolean;
  /** The default that the source declares, in the database's input text; undefined where it declares none. */
  readonly default?: Text;
}

export type EventOp = 'create' | 'update' | 'delete' | 'read' | 'truncate';

/** One record of the log, decoded. Values are text that the sink's engine accepts as input for the column. */
export interface ChangeEvent {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** When the record was written to Kafka, in ms since the epoch. */
  readonly timestampMs: number;
  readonly table: TableId;
  readonly op: EventOp;
  /** Key columns by name; empty for a truncate or a table without a key. */
  readonly key: Readonly<Record<string, Text>>;
  readonly before?: EventRow;
  readonly after?: EventRow;
  /** Where the rows are not known, the row's values as they stand in the record, in no text that means anything to a database. */
  readonly identity?: EventRow;
  readonly columns: readonly EventColumn[];
  /** LSN of the row's change. Rises with every change of one key, but not over different transactions. */
  readonly lsn?: bigint;
  /** The source's transaction id, as the ledger has it. */
  readonly txn?: string;
  /** Commit time at the source, in ms since the epoch. */
  readonly committedAtMs?: number;
  readonly snapshot: boolean;
  /** Size of the record's key and value on the wire. */
  readonly bytes: number;
}
