import type { Readable } from 'node:stream';
import type { Table, TableId } from '#model/catalog.ts';
import type { Text } from '#model/values.ts';

/** A piece of a table: the rows behind `after` up to and with `upTo`, by the key or by their place; an open end where absent. */
export interface Piece {
  readonly after?: readonly Text[];
  readonly upTo?: readonly Text[];
}

/** A stream of changes that goes on where a moment ends: what is made at the server for it. */
export interface StreamMark {
  /** The name of all that is made. One of an earlier try is dropped first. */
  readonly name: string;
  readonly tables: readonly TableId[];
}

/** One moment of a source, which any number of connections read. It ends when it is disposed of, or with its process. */
export interface Moment extends AsyncDisposable {
  /**
   * The log's position that belongs to it. With a stream, exactly what was committed up to it is seen; without one, nothing
   * is seen that was committed above it.
   */
  readonly position: bigint;
  /** As the server names it, for {@link ComparePort.openReadView}. */
  readonly snapshot: string;
  /** The pieces of a table of about `rows` rows each: by key, or where there is none by the rows' places. In their order. */
  pieces(table: Table, rows: number): AsyncIterable<Piece>;
  /** One more connection that reads the moment. */
  openReader(): Promise<BulkReader>;
}

export interface BulkReader extends AsyncDisposable {
  /** The named columns of a piece in the engine's own form for bulk; to be read to its end before the next is asked for. */
  read(table: Table, columns: readonly string[], piece: Piece): Promise<Readable>;
}

export interface BulkWriter extends AsyncDisposable {
  /** Writes what a {@link BulkReader} of the same engine reads, in one transaction. Returns the rows written. */
  write(table: TableId, columns: readonly string[], rows: Readable, signal: AbortSignal): Promise<number>;
}

/** Rows in bulk from one database of an engine to another, where no value passes through a program's hands. */
export interface BulkPort {
  openMoment(url: string, options: { readonly application: string; readonly stream?: StreamMark }): Promise<Moment>;
  openWriter(url: string, options: { readonly application: string }): Promise<BulkWriter>;
  /** Ends the sessions that are called so, and waits until they have ended: what an earlier process left writes nothing after it. */
  endSessions(url: string, application: string): Promise<void>;
}
