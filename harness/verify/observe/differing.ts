import type { KeyedRow } from '#engines/port/compare.ts';
import type { Key } from '#model/values.ts';
import type { Group } from './key-order.ts';
import type { Differing } from './key-states.ts';

/** Whether a key has the same rows on both sides. */
export function sameRows(source: readonly KeyedRow[], sink: readonly KeyedRow[]): boolean {
  return source.length === sink.length && source.every((row, index) => row.row === sink[index]?.row);
}

/** The keys whose rows are not the same on both sides. Both lists are complete for the range of keys that they span. */
export function differingGroups(source: readonly Group[], sink: readonly Group[]): Differing[] {
  const unmatched = new Map(sink.map((group) => [group.key, group]));
  const found: Differing[] = [];
  for (const { key, rows } of source) {
    const other = unmatched.get(key)?.rows ?? [];
    unmatched.delete(key);
    if (!sameRows(rows, other)) found.push({ key, source: rows, sink: other });
  }
  for (const { key, rows } of unmatched.values()) found.push({ key, source: [], sink: rows });
  return found;
}

/** The same of rows in any order. */
export function differingRows(source: readonly KeyedRow[], sink: readonly KeyedRow[]): Differing[] {
  return differingGroups([...grouped(source)], [...grouped(sink)]);
}

function* grouped(rows: readonly KeyedRow[]): Iterable<Group> {
  const groups = new Map<Key, KeyedRow[]>();
  for (const row of rows) {
    const known = groups.get(row.key);
    if (known === undefined) groups.set(row.key, [row]);
    else known.push(row);
  }
  for (const [key, of] of groups) yield { key, rows: of };
}
