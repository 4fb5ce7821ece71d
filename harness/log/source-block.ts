import { InexactNumber, Literal } from './wire.ts';

/** What an event's `source` block says of the change: fields differ from connector to connector. */
export type SourceBlock = Readonly<Record<string, unknown>>;

/** How the `source` block of one engine's connector is read. An engine provides it; see `engines/<name>/source-block.ts`. */
export interface SourceReader {
  /** As the block's field `connector` names it: `postgresql`, `mariadb`. */
  readonly connectors: readonly string[];
  /** The block's fields from which position and transaction are read: what is asked for as headers where there is no envelope. */
  readonly fields: readonly string[];
  /**
   * The position of the row's change in the source's log; see {@link ChangeEvent.lsn}. `order` is the event's place in its
   * transaction, from 1 on, where the connector tells it (`provide.transaction.metadata`).
   */
  position(block: SourceBlock, order?: number): bigint | undefined;
  /** The transaction's identity, as the ledger has it. */
  transaction(block: SourceBlock): string | undefined;
  /** `schema.table`, where no route says which table a topic has. */
  table(block: SourceBlock): string;
}

/** The readers of all connectors, by their names. */
export type SourceReaders = ReadonlyMap<string, SourceReader>;

export function sourceReaders(readers: readonly SourceReader[]): SourceReaders {
  return new Map(readers.flatMap((reader) => reader.connectors.map((name) => [name, reader] as const)));
}

/** A field's text; of a number that JSON.parse would have rounded, exactly as it was written, once the record is read so. */
export function fieldText(raw: unknown): string | undefined {
  if (raw === null || raw === undefined) return undefined;
  if (typeof raw === 'number' && !Number.isSafeInteger(raw)) throw new InexactNumber();
  return raw instanceof Literal ? raw.text : String(raw);
}
