import type { Column } from '#model/catalog.ts';
import type { Kind } from '#model/kind.ts';

/** A column of the rows that are written, and what it holds. */
export interface ObjectColumn extends Pick<Column, 'name' | 'type' | 'nullable'> {
  readonly kind: Kind;
}
