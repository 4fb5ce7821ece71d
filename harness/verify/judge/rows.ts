import { isBookkeeping, type Row, type Text } from '#model/values.ts';

export interface Difference {
  readonly column: string;
  readonly source: Text;
  readonly sink: Text;
}

/** The columns in which two rows differ, among those that both have. */
export function differences(source: Row, sink: Row): Difference[] {
  const found: Difference[] = [];
  for (const [column, value] of Object.entries(source)) {
    if (isBookkeeping(column)) continue;
    const other = sink[column];
    if (other !== undefined && other !== value) found.push({ column, source: value, sink: other });
  }
  return found;
}

export function equal(source: Row, sink: Row): boolean {
  return differences(source, sink).length === 0;
}

/**
 * True where the sink's row is an earlier version of the source's: it has the version's value in every column that the
 * version knows, and at least one of these is no longer the source's. Columns that came later prove nothing.
 */
export function isEarlierVersion(version: Row, source: Row, sink: Row): boolean {
  return equal(version, sink) && !equal(version, source) && Object.keys(version).some((column) => column in sink);
}
