import { engineOf } from '#engines/index.ts';
import { type Table, tableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import type { LogHistory } from './log-history.ts';
import { wrongVersions } from './objects/wrong-versions.ts';
import type { Side } from './whole-table.ts';

/** What is wrong with the versions that objects keep of a table's rows, beside the last ones; nothing where the sink is a database. */
export function takeVersions(
  { log, pipeline }: { readonly log: LogHistory; readonly pipeline: { readonly source: Database } },
  table: Table,
  { changes, compared, applied, broken, take }: Side,
): void {
  if (changes === undefined || broken) return;
  const id = tableId(table);
  const { parsePosition } = engineOf(pipeline.source).source;
  const found = wrongVersions(changes.get(id) ?? [], {
    key: table.key,
    lsnOf: ({ lsn }) => parsePosition(lsn),
    logged: (key) => log.history(id, key)?.versions.map(({ ref }) => ref) ?? [],
    applied,
    // Where too many differ to be remembered, nothing more is said of what they lack.
    differs: (key) => compared?.get(id)?.has(key) ?? compared === undefined,
  });
  for (const { key, state } of found) take({ type: 'version', table: id, key, state });
}
