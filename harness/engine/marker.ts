import { engineOf } from '#engines/index.ts';
import { tableId } from '#model/catalog.ts';
import type { Operation } from '#model/operation.ts';
import { KEYLESS } from '#model/values.ts';
import type { OpenedPipeline } from '#pipelines/open-pipeline.ts';
import { type Ledger, type LedgerWriter, rowName } from '#workloads/ledger.ts';
import { quietness } from './settled.ts';

type Marked = Pick<OpenedPipeline, 'source' | 'log' | 'tables' | 'routes' | 'connectorTables'>;

const CANDIDATES_MAX = 20;

/** Rows that stand, and whose last change the log has: what captures them works. Newest first, one of each table. */
function captured(ledger: Ledger, { log, connectorTables }: Marked): readonly Operation[] {
  const found = new Map<string, Operation>();
  const seen = new Set<string>();
  for (let index = ledger.operations.length - 1; index >= 0 && found.size < CANDIDATES_MAX; index--) {
    const operation = ledger.operations[index];
    if (operation === undefined || operation.outcome !== 'ok' || found.has(operation.table)) continue;
    // What no key names cannot be written again by its key.
    if (operation.key === KEYLESS) continue;
    // The connector may write it again before the mark is in the log.
    if (connectorTables.has(operation.table)) continue;
    const name = rowName(operation);
    if (seen.has(name)) continue;
    seen.add(name);
    if (operation.kind !== 'delete' && log.holds(operation.table, operation.key, operation.txn))
      found.set(operation.table, operation);
  }
  return [...found.values()];
}

/**
 * Whether what the log lacks of the ledger was left out and is not just late: asked again and again once the writers have
 * stopped. A connector captures in the order of the commits, so a row is written, without being changed, of a table that
 * it does capture: once that is in the log, and the log has come to rest, all before it has been passed.
 */
export function leftOut(pipeline: Marked, ledger: LedgerWriter): () => Promise<boolean> {
  const quiet = quietness(pipeline);
  let marker: { readonly table: string; readonly key: string; readonly txn: string } | undefined;
  return async () => {
    if (!(await quiet())) return false;
    if (marker !== undefined) return pipeline.log.holds(marker.table, marker.key, marker.txn);
    const tables = new Map((await pipeline.tables()).map((table) => [tableId(table), table]));
    for (const { table, key } of captured(ledger, pipeline)) {
      const of = tables.get(table);
      const row = { table, key };
      ledger.begin([row]);
      const txn =
        of === undefined ? undefined : await engineOf(pipeline.source).source.touchRow(pipeline.source, of, key);
      ledger.end([row], txn === undefined ? [] : [{ ...row, txn, kind: 'update', outcome: 'ok', at: Date.now() }]);
      if (txn === undefined) continue;
      marker = { ...row, txn };
      break;
    }
    return false;
  };
}
