import type { Database, Purged, RowImage } from '#model/pipeline.ts';

/** A source whose server writes a binary log: files that it removes by itself, and rows in them as whole as it is told. */
export interface BinlogPort {
  /** Begins a new file of the log; its name. */
  rotate(database: Pick<Database, 'query'>): Promise<string>;
  /** Removes the files before `file`, as far as nobody needs them: asked again, it removes the rest. */
  purge(database: Pick<Database, 'query'>, file: string): Promise<Purged>;
  /** Which columns the log has of a row that is changed by a session that begins from now on. What was set before. */
  setRowImage(database: Pick<Database, 'query'>, image: RowImage): Promise<RowImage>;
  /** The topic in which a connector of this configuration keeps the tables' definitions as they were along the log. */
  historyTopic(config: Readonly<Record<string, string>>): string | undefined;
}
