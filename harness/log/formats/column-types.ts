import { isUnavailable } from '../placeholder.ts';
import { type ConnectSchema, Literal, Undecodable } from '../wire.ts';
import type { ColumnNames } from './names.ts';

/** How the connector writes tables' columns, for what records do not say. */
export interface ColumnTypes {
  /**
   * The columns of the tables whose events a topic has, as they are now: one field for each, by the name that records give it;
   * several of one name where several tables have it. Throws an {@link Undecodable} where that cannot be known, and any other error
   * where it has to be asked again.
   */
  columnsOf(topic: string): Promise<readonly ConnectSchema[]>;
  /** Absent where records call all columns as the tables do. */
  readonly names?: NameSource;
}

/** What columns are called, where a format forbids their names. */
export interface NameSource {
  /** Whether records of a topic may give columns other names than the tables do. */
  adjusts(topic: string): boolean;
  /** The columns' own names by those that records give them; of those that differ. Throws where it has to be asked again. */
  of(topic: string): Promise<ColumnNames>;
}

/** What a topic's columns have been, as far as it was asked. */
export interface KnownColumns {
  /** Notes what they are now. */
  note(columns: readonly ConnectSchema[]): void;
  has(name: string): boolean;
  /** Columns that have been read in more than one way. */
  readonly changed: ReadonlySet<string>;
  /** The one way in which a value of this column can be read. Throws {@link Undecodable}. */
  fieldFor(name: string, raw: unknown): ConnectSchema;
}

export function knownColumns(): KnownColumns {
  const known = new Map<string, Map<string, ConnectSchema>>();
  const changed = new Set<string>();
  return {
    changed,
    note(columns) {
      for (const column of columns) {
        const name = column.field ?? '';
        const readings = known.get(name) ?? new Map<string, ConnectSchema>();
        known.set(name, readings.set(readingOf(column), column));
        if (readings.size > 1) changed.add(name);
      }
    },
    has: (name) => known.has(name),
    fieldFor(name, raw) {
      const readings = [...(known.get(name)?.values() ?? [])];
      const [only] = readings;
      if (only === undefined) throw new Undecodable(`its column ${name} is not in the source's catalog`);
      if (readings.length === 1 || raw === null || isUnavailable(raw)) return only;
      const [fitting, ...others] = readings.filter((one) => fits(one, raw));
      if (fitting === undefined) return only;
      if (others.length > 0)
        throw new Undecodable(
          `its column ${name} has had several types, and plain JSON does not tell which of them it is`,
        );
      return fitting;
    },
  };
}

const INTEGER = /^int\d+$/;

/** What of a schema decides how a value is read: two integers are read alike, two scales are not. */
function readingOf({ type, name, parameters = {}, items }: ConnectSchema): string {
  const kind = INTEGER.test(type) ? 'integer' : type === 'float' ? 'double' : type;
  return JSON.stringify([kind, name, parameters.scale, parameters.length, items && readingOf(items)]);
}

/** Whether a JSON value, not null, can be one of this schema. */
function fits({ type, name }: ConnectSchema, raw: unknown): boolean {
  if (typeof raw === 'number' || raw instanceof Literal) {
    if (type === 'float' || type === 'double') return true;
    const whole = raw instanceof Literal ? /^-?\d+$/.test(raw.text) : Number.isInteger(raw);
    // A decimal is a number under `decimal.format=NUMERIC` alone; a whole one has the same text as an integer.
    return whole ? INTEGER.test(type) : name?.endsWith('.Decimal') === true;
  }
  if (typeof raw === 'boolean') return type === 'boolean';
  if (typeof raw === 'string') return type === 'string' || type === 'bytes';
  return Array.isArray(raw) ? type === 'array' || type === 'map' : type === 'struct' || type === 'map';
}
