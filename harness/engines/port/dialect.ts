import type { Column, TableId } from '#model/catalog.ts';
import type { EventColumn } from '#model/change-event.ts';
import type { Kind } from '#model/kind.ts';

/** A name in SQL: without its quotes, and whether it had any. */
export interface SqlName {
  readonly name: string;
  readonly quoted: boolean;
}

/** How an engine's SQL spells what is in it. Pure. */
export interface Dialect {
  /** An identifier as SQL names it, whatever characters it holds. */
  quote(name: string): string;
  /** `schema.name` as SQL names it. */
  quoteTable(id: TableId): string;
  /** The schema of a table that is named without one. */
  readonly defaultSchema: string;
  /** The table that SQL names, `app.public."Beat"`, by its parts without quotes: what is folded is folded. */
  tableOf(parts: readonly SqlName[]): TableId;
  /** SQL for the text of an expression's value. */
  textOf(expression: string): string;
  /** A row source, in brackets: of a table's rows that have the same key the one in which an expression is highest. */
  latestRows(id: TableId, key: readonly string[], highest: string): string;
  /** What a column of this engine holds. */
  kindOf(column: Pick<Column, 'type' | 'base'>): Kind;
  /** True for a type whose values have no text in which they could be compared; such a column is left out, by name. */
  textless?(column: Pick<Column, 'type'>): boolean;
  /** The type that holds every value of a kind, as the engine's catalog writes it; undefined where it has none. */
  typeFor(kind: Kind): string | undefined;
  /** `ADD COLUMN` for a column known only from an event, with the source's default; harmless where the column exists. */
  addColumn(id: TableId, column: EventColumn): string;
  /** SQL for a moment so many days after that of an expression. */
  daysAfter(expression: string, days: number): string;
}
