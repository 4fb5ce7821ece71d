import type { Database } from '#model/pipeline.ts';
import type { DatabaseServer, End } from '#model/stack.ts';
import type { SetUpWatch } from '#model/workload.ts';

export interface OpenOptions {
  /** Most connections at once. */
  readonly max?: number;
  /** Shown in the server's list of sessions. */
  readonly application?: string;
  /** Is told what the server says of a statement that it runs all the same, as PostgreSQL of a GRANT that gives nothing. */
  readonly onWarning?: (says: string) => void;
}

/** A file of SQL: its name as a person knows it, and its text. */
export interface SqlFile {
  readonly file: string;
  readonly sql: string;
}

/** One statement's answer, every value as text. */
export interface Answer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
  /** `SELECT 3`, `UPDATE 1`, `CREATE TABLE`. */
  readonly tag: string;
}

/** A database that a person asks in SQL. */
export interface Shell {
  /** The answers of a text of one or several statements. Throws what the database says. */
  ask(sql: string): Promise<readonly Answer[]>;
  /** Its tables; or with a name the columns of one. */
  describe(table?: string): Promise<Answer>;
  close(): Promise<void>;
}

/** A query of somebody who is not trusted to write: an agent's. */
export interface ReadOnlyQuery {
  /** One statement. */
  readonly sql: string;
  /** Most rows that are answered. */
  readonly rows: number;
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/** Its rows, every value as text. */
export interface LimitedAnswer extends Pick<Answer, 'columns' | 'rows'> {
  /** There are more rows than were asked for. */
  readonly more: boolean;
}

/** A server of this engine: databases on it are opened, made, copied and dropped. */
export interface ServerPort {
  /** A database's address with its password: for a process's environment, never for a screen or a command line. */
  url(server: DatabaseServer, database: string): string;
  /** Opens a database by its address. Every value comes back as text, NULL as null, in the engine's canonical form. */
  open(url: string, options?: OpenOptions): Database;
  /** Opens a database that is there. */
  openNamed(server: DatabaseServer, name: string): Database;
  /**
   * Creates a database and opens it; as a copy of `template` where one is given, to which nobody may be connected. `onMade` is
   * called once there is one of this name that was not there before.
   */
  create(server: DatabaseServer, name: string, template?: string, onMade?: () => void): Promise<Database>;
  /** Drops a database with the connections that are left on it; harmless when there is none of this name. */
  drop(server: DatabaseServer, name: string): Promise<void>;
  /** True once the server answers a statement; throws what it says otherwise, within seconds. */
  answers(server: DatabaseServer): Promise<true>;
  /**
   * Throws an OperatorError (exit 1) for a server of somebody's that cannot be reached, or lacks a setting or a right that a
   * source needs (or a sink, where it is to be no more), with the statement that changes it. Absent where nothing is asked of
   * a server.
   */
  requireUsable?(server: DatabaseServer, as?: End): Promise<void>;
  /** What the server says it is: `18.4`. */
  version(server: DatabaseServer): Promise<string>;
  /** One statement, whose `identity` is equal for one database by whichever address it is reached, and for no two. */
  readonly identitySql: string;
  /** Throws an OperatorError with file and line for text that is not this engine's SQL as far as it can be told without a server. */
  checkSql(file: SqlFile): void;
  /** Runs SQL files in their order. Throws an OperatorError with the file, the line and the server's words. */
  runSql(database: Pick<Database, 'url'>, files: readonly SqlFile[], watch: SetUpWatch): Promise<void>;
  openShell(url: string): Shell;
  /**
   * Runs one statement so that it can change nothing: no second statement, no commit, no function with side effects. Throws an
   * OperatorError: `query-refused` with what the server says, or `query-limit` past the time. Absent where the engine cannot.
   */
  queryReadOnly?(server: DatabaseServer, database: string, query: ReadOnlyQuery): Promise<LimitedAnswer>;
  /** Databases of the server's own: the first is always there to connect to. */
  readonly systemDatabases: readonly string[];
}
