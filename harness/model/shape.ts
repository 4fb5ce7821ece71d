import type { TableId } from './catalog.ts';
import type { ChangedTable } from './change.ts';
import type { ArrayKind, Kind, OtherKind } from './kind.ts';
import type { Database } from './pipeline.ts';
import type { Row, Text } from './values.ts';

/** A column as a writer must know it. */
export interface ShapeColumn {
  readonly name: string;
  /** The engine's own full type name; of a domain the domain's own. */
  readonly type: string;
  /** Which values to make for it. An engine narrows it where its type takes fewer than the kind has. */
  readonly kind: Kind;
  readonly nullable: boolean;
  /** Computed by the database; never written. */
  readonly generated: boolean;
  /** Counted up by the database where no value is given. */
  readonly identity: boolean;
  readonly hasDefault: boolean;
  /** Its type has conditions of its own, so that values must be tried: a domain. */
  readonly constrained?: true;
  /** Shorter values are filled up to the length of its kind. */
  readonly fixed?: true;
  /** Its character set has no more than ASCII's for certain. */
  readonly ascii?: true;
  /** Values from all of its kind's range may be written: nothing is computed from them that could be out of range. */
  readonly wholeRange?: true;
}

interface ForeignKey {
  readonly columns: readonly string[];
  readonly parent: TableId;
  readonly parentColumns: readonly string[];
}

/** A condition on a row. */
export interface Check {
  readonly columns: readonly string[];
  /** In the engine's SQL; it must not be false. */
  readonly sql: string;
}

/** A table with all that decides which rows it takes. */
export interface Shape {
  readonly id: TableId;
  readonly columns: readonly ShapeColumn[];
  readonly key: readonly string[];
  /** Sets of columns that must be unique, the key left out. */
  readonly uniques: readonly (readonly string[])[];
  readonly foreign: readonly ForeignKey[];
  readonly checks: readonly Check[];
  /** Columns that decide into which partition a row goes. */
  readonly partitionedBy: readonly string[];
  /** It has an exclusion constraint, which nobody can satisfy by chance. */
  readonly excludes: boolean;
}

/** A shape as what is written to it names it. */
export function changedTable({ id, columns }: Shape): ChangedTable {
  return { name: id, columns };
}

/** Tells a writer what the tables of any database take, and what is in them. Values are texts that the engine takes back. */
export interface Surveyor {
  /** Every permanent table of somebody's, in order of their names. */
  readShapes(database: Pick<Database, 'query'>): Promise<Shape[]>;
  /** Up to `limit` rows, the first by the key, without the columns that are generated. */
  readRows(database: Pick<Database, 'query'>, shape: Shape, limit: number): Promise<Row[]>;
  /** The highest value of a column of numbers, rounded up; of any other how many rows there are. */
  top(database: Pick<Database, 'query'>, shape: Shape, column: ShapeColumn): Promise<bigint>;
  /**
   * Up to `limit` of the candidates, each with a value for every one of `columns`, that the columns' types take and every
   * check that is about no other columns; in the texts in which the rows will have them.
   */
  accepted(
    database: Database,
    shape: Shape,
    columns: readonly ShapeColumn[],
    candidates: readonly (readonly Text[])[],
    limit: number,
  ): Promise<Row[]>;
  /**
   * A random value of a kind that no other engine has; undefined of one that nothing is known of. `below` gives a random
   * number from 0 up to and without its argument, `inner` a value of any other kind.
   */
  ownValue(
    kind: OtherKind | ArrayKind,
    below: (limit: number) => number,
    inner: (kind: Kind) => string | undefined,
  ): string | undefined;
  /** The `n`-th of values of such a kind that differ from each other; undefined where there are too few. */
  ownDistinct(kind: OtherKind, n: bigint): string | undefined;
}
