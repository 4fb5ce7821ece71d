import type { Text } from '#model/values.ts';

/** The engines at whose sinks the values of a corpus arrive. */
export type SinkEngine = 'postgres' | 'mariadb' | 'mysql';

/** A value of a column, by its place, and how it was written where that matters. */
interface Place {
  readonly value: number;
  readonly only?: 'snapshot' | 'stream';
}

/** A value that is another one at the sink. */
export interface Altered extends Place {
  /** In canonical text. */
  readonly to: Text;
  /** That is the source's value, whatever the capture has made of it. */
  readonly right?: true;
}

/** A value that the sink cannot hold, so that the built-in applier refuses it. */
export interface Refused extends Place {
  /** Of the reason that goes with the dead letter. */
  readonly why: string;
}

/** What Debezium's JDBC sink connector makes of values beside what the capture has altered. */
export interface ByJdbc {
  readonly altered?: readonly Altered[];
  /** Values at which its task fails, with what it says; all of them where none are named, and then perhaps a few to try it with. */
  readonly stops?: { readonly values?: readonly number[]; readonly tried?: readonly number[]; readonly error: string };
}

/** A column of a corpus, and all that was seen to happen to its values. */
export interface PairColumn {
  /** The type, and what else its definition says. */
  readonly type: string;
  /** In SQL. */
  readonly values: readonly string[];
  /** Every row has a value: the column takes no NULL, or is computed. */
  readonly required?: true;
  /** The type of the column in the sinks that the lab makes, at another engine. */
  readonly made: string;
  /** What the connector makes of the values, whoever applies them. */
  readonly altered?: readonly Altered[];
  readonly refused?: Readonly<Partial<Record<SinkEngine, readonly Refused[]>>>;
  readonly jdbc?: Readonly<Partial<Record<SinkEngine, ByJdbc>>>;
}

/** Stands for the date of the day on which a time of day was written. */
export const TODAY = '<today>';

export type Corpus = Readonly<Record<string, PairColumn>>;

export const each = (count: number, to: Text, only?: 'snapshot' | 'stream'): Altered[] =>
  Array.from({ length: count }, (_, value) => ({ value, to, ...(only === undefined ? {} : { only }) }));
