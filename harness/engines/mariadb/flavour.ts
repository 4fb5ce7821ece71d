import type { Result, Session } from './client.ts';
import { mariadbFlavour } from './flavour/mariadb.ts';
import { mysqlFlavour } from './flavour/mysql.ts';
import type { ServerNeeds } from './requirements.ts';

type Run = Session['run'];

/** What MariaDB and MySQL do not have in common: of two engines that are one family, all that tells them apart. */
export interface Flavour {
  /** The engine's name, and with a colon the scheme of its URLs. */
  readonly name: 'mariadb' | 'mysql';
  readonly title: string;
  /** The first version that all of this was written for. */
  readonly since: string;
  /** Its own programs: the one that a file of SQL is given to, and the one that writes such files. */
  readonly programs: { readonly client: string; readonly dump: string };
  /** Settings of a session beside those that both have: no statement of the lab's has a time limit. */
  readonly session: string;
  /** Settings of a session that copies a database; the rows are as they were, whatever the checks say of them now. */
  readonly copySession: string;
  /** How texts of the lab's own tables are told apart: by every character, by case, accents, and blanks at their end. */
  readonly texts: string;
  /** The name of a log file up to its number, as the lab's own servers have it. */
  readonly logName: string;
  /** What a server has to be set to, and whom it has to let do what. */
  readonly needs: ServerNeeds;
  /** How Debezium and the drivers of JDBC speak to it. */
  readonly connect: {
    /** Debezium's connector for it, and the name that its `source` blocks bear. */
    readonly className: string;
    readonly name: string;
    /** Settings of the connector beside those that both have. */
    readonly settings: Readonly<Record<string, string>>;
    /** Parameters without which its driver may not log in to a server that has no TLS. */
    readonly jdbc: readonly string[];
  };
  /** The statement with its parameters, whose values the server answers as texts. */
  bound(sql: string, params: readonly unknown[]): string;
  /**
   * Begins a transaction that sees one moment, whatever the server's own level of isolation is, and tells that moment's
   * position: 0 at a server without a binary log, which a sink need not have.
   */
  beginSnapshot(run: Run): Promise<bigint>;
  /**
   * What Debezium's connector is told of a place in the log beside file and offset. MariaDB's reads by GTID alone, and has none
   * where it is told of none; so does MySQL's at a server that gives GTIDs, and without any it reads the whole log.
   */
  offsetAt(run: Run, place: { readonly file: string; readonly pos: number }): Promise<object>;
  /** The GTID of the transaction that the session has just committed; `results` are those of its statements. */
  committedGtid(run: Run, results: readonly Result[]): Promise<string | undefined>;
  /** The statements that make a trigger, in the place of one of its name where there is one. */
  triggerSql(name: string, rest: string): readonly string[];
  /** A query of the current database's checks: \`table\`, \`name\`, \`clause\`, and \`column\` where it is one column's own. */
  readonly checksSql: string;
  /** An expression of SQL as `information_schema` has it, with the quotes that SQL has. */
  shownSql(expression: string): string;
  /** What stands behind DEFAULT for a column's default as `information_schema` has it. */
  defaultSql(fallback: string, extra: string): string;
  /** The type of a source's column that has a default, where another has this one: a capture must see the default. */
  typeWithDefault(type: string): string;
  /** What stands behind DEFAULT for a literal of a column of this type. */
  newDefaultSql(literal: string, type: string): string;
  /** `ADD COLUMN`, which does nothing where the column is there: MySQL has no words for that, and refuses. */
  readonly addColumn: string;
  /** Rows behind VALUES as a table `i` with the columns `p0`, `p1` and so on, and what stands before each row. */
  readonly rows: { readonly each: string; given(columns: number, rows: string): string };
  /** How ON DUPLICATE KEY UPDATE names the row that was to be inserted. */
  readonly offered: { readonly alias: string; value(column: string): string };
  /** Types that the other of the two lacks. */
  readonly hasUuid: boolean;
  /** Digits that a decimal has behind the point at most. */
  readonly maxScale: number;
  /** Its second trigger of a table leaves a file that can keep the database from being dropped; see `drop.ts`. */
  readonly leavesTriggerFiles: boolean;
}

const FLAVOURS: readonly Flavour[] = [mariadbFlavour, mysqlFlavour];

/** The flavour of a database or of a server by its engine's name. */
export function flavourOf({ engine }: { readonly engine: string }): Flavour {
  return FLAVOURS.find(({ name }) => name === engine) ?? mariadbFlavour;
}

/** The flavour of a URL of either. */
export function flavourOfUrl(url: string): Flavour {
  return flavourOf({ engine: new URL(url).protocol.slice(0, -1) });
}
