import type { StreamMark } from '#engines/port/bulk.ts';
import type { TableId } from '#model/catalog.ts';
import type { Text } from '#model/values.ts';
import { jsonLineOf } from '#objects/json-lines.ts';
import { entryOf, type ObjectEntry, objectKey } from '#objects/object-set.ts';
import { readRows } from '../load/read-rows.ts';
import type { Transfer } from '../load/transfer.ts';
import type { PlannedTable } from '../plan.ts';
import { type ObjectsContext, objectColumns } from './context.ts';

/** Rows of one object, at most; a worker holds as many of them at once. */
const OBJECT_ROWS = 50_000;

/** What was written of each table, in the order of the objects' keys. */
export type Written = (table: TableId) => readonly ObjectEntry[];

/** From a database into the objects of one set, each of them written in one piece. */
export async function objectsTransfer(
  context: ObjectsContext,
  set: string,
  stream: StreamMark | undefined,
): Promise<Transfer & { written: Written }> {
  const { ends, store, signal, target } = context;
  const { bulk } = ends.source.engine;
  const reading = await readRows(context, { pieceRows: OBJECT_ROWS, bulk, stream });
  const entries = new Map<TableId, ObjectEntry[]>();
  const begun = new Map<TableId, number>();
  const writeObject = async ({ id }: PlannedTable, lines: readonly string[]): Promise<void> => {
    const number = (begun.get(id) ?? 0) + 1;
    begun.set(id, number);
    const body = Buffer.from(`${lines.join('\n')}\n`);
    const key = objectKey(set, id, number, target.format);
    await store.put(key, body, { type: 'application/x-ndjson', signal });
    entries.set(id, [...(entries.get(id) ?? []), entryOf(key, lines.length, body)]);
  };
  return {
    ...reading,
    written: (table) => (entries.get(table) ?? []).toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    async openWorker() {
      const reader = await reading.openReader();
      return {
        async carry(table, piece, onRows) {
          const lineOf = jsonLineOf(objectColumns(context, table));
          let lines: string[] = [];
          const flush = async (): Promise<void> => {
            if (lines.length === 0) return;
            const full = lines;
            lines = [];
            await writeObject(table, full);
            await onRows(full.length);
          };
          for await (const rows of reader.rows(table, piece)) {
            signal.throwIfAborted();
            for (const { row } of rows) lines.push(lineOf(JSON.parse(row) as Text[]));
            if (lines.length >= OBJECT_ROWS) await flush();
          }
          await flush();
        },
        [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
      };
    },
  };
}
