/**
 * What a column holds, whatever the engine calls it: an engine names the kind of each of its types, and a type for each
 * kind. Two columns of one kind hold the same values, on two engines too.
 */
export type Kind =
  | IntegerKind
  | DecimalKind
  | FloatKind
  | BooleanKind
  | TextKind
  | BytesKind
  | BitsKind
  | InstantKind
  | LocalTimestampKind
  | LocalTimeKind
  | DateKind
  | YearKind
  | DurationKind
  | JsonKind
  | UuidKind
  | EnumKind
  | SetKind
  | ArrayKind
  | OtherKind;

/** A whole number of so many bits, with a sign unless `unsigned`. */
interface IntegerKind {
  readonly kind: 'integer';
  readonly bits: 8 | 16 | 24 | 32 | 64;
  readonly unsigned?: true;
}

/**
 * An exact number of `precision` digits in all, `scale` of them behind the point. Without a precision as many as the
 * number has, which only some engines can hold.
 */
interface DecimalKind {
  readonly kind: 'decimal';
  readonly precision?: number;
  readonly scale?: number;
}

/** A binary floating-point number of IEEE 754. Whether it may be infinite, or no number, is the engine's. */
interface FloatKind {
  readonly kind: 'float';
  readonly bits: 32 | 64;
}

/** True or false. An engine that keeps it as a small number (`tinyint(1)`) still names it so. */
interface BooleanKind {
  readonly kind: 'boolean';
}

/** Characters: at most `length` of them, or as many as the engine holds. */
interface TextKind {
  readonly kind: 'text';
  readonly length?: number;
  /** Blanks at the end mean nothing: `char(n)`, which one engine fills up with them and another takes them off. */
  readonly padded?: true;
}

/** Bytes: at most `length` of them, or as many as the engine holds. */
interface BytesKind {
  readonly kind: 'bytes';
  readonly length?: number;
}

/** A string of `length` bits. */
interface BitsKind {
  readonly kind: 'bits';
  readonly length: number;
}

/**
 * A moment on the time line, the same one in every time zone, with `digits` digits of a second's fraction: PostgreSQL's
 * `timestamp with time zone`, MariaDB's `timestamp`.
 */
interface InstantKind {
  readonly kind: 'instant';
  readonly digits: number;
}

/** A date and a time of day as a calendar and a clock show them, of no time zone: `timestamp`, `datetime`. */
interface LocalTimestampKind {
  readonly kind: 'local-timestamp';
  readonly digits: number;
}

/** A time of day as a clock shows it, from midnight up to midnight. */
interface LocalTimeKind {
  readonly kind: 'local-time';
  readonly digits: number;
}

/** A day of the calendar. */
interface DateKind {
  readonly kind: 'date';
}

/** A year of the calendar (MariaDB's `year`). */
interface YearKind {
  readonly kind: 'year';
}

/** A span of time, which may be negative or longer than a day: `interval`, and MariaDB's `time`. */
interface DurationKind {
  readonly kind: 'duration';
}

/** A JSON document. Whether spaces and the order of its members are kept is the engine's. */
interface JsonKind {
  readonly kind: 'json';
}

/** A UUID of 128 bits. */
interface UuidKind {
  readonly kind: 'uuid';
}

/** One of the labels. Their order is the order in which the values sort. */
interface EnumKind {
  readonly kind: 'enum';
  readonly labels: readonly string[];
}

/** Any number of the labels, each at most once, in the labels' order (MariaDB's `set`). */
interface SetKind {
  readonly kind: 'set';
  readonly labels: readonly string[];
}

/** A list of values of one kind. */
export interface ArrayKind {
  readonly kind: 'array';
  readonly element: Kind;
}

/** What only the one engine has, by the engine's own name of the type. */
export interface OtherKind {
  readonly kind: 'other';
  readonly type: string;
}
