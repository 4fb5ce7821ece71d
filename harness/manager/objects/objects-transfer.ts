import type { StreamMark } from '#engines/port/bulk.ts';
import type { TableId } from '#model/catalog.ts';
import type { Text } from '#model/values.ts';
import { FORMAT_WRITERS, type ObjectBody } from '#objects/formats.ts';
import { entryOf, type ObjectEntry, objectKey } from '#objects/object-set.ts';
import { readRows } from '../load/read-rows.ts';
import type { Transfer } from '../load/transfer.ts';
import type { PlannedTable } from '../plan.ts';
import { type ObjectsContext, objectColumns } from './context.ts';

/** Rows of one object, at most; a worker holds as many of them at once. */
const OBJECT_ROWS = 50_000;
/** An object that has come to hold so much ends with that row. */
const OBJECT_BYTES = 64 * 1024 * 1024;

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
  const writer = FORMAT_WRITERS[target.format];
  const writeObject = async (
    { id }: PlannedTable,
    { rows, body }: { rows: number; body: Uint8Array },
  ): Promise<void> => {
    const number = (begun.get(id) ?? 0) + 1;
    begun.set(id, number);
    const key = objectKey(set, id, number, target.format);
    await store.put(key, body, { type: writer.mediaType, signal });
    entries.set(id, [...(entries.get(id) ?? []), entryOf(key, rows, body)]);
  };
  return {
    ...reading,
    written: (table) => (entries.get(table) ?? []).toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    async openWorker() {
      const reader = await reading.openReader();
      return {
        async carry(table, piece, onRows) {
          const open = (): ObjectBody => writer.open({ table: table.id, columns: objectColumns(context, table) });
          let object = open();
          const flush = async (): Promise<void> => {
            const { rows } = object;
            if (rows === 0) return;
            const body = object.end();
            object = open();
            await writeObject(table, { rows, body });
            await onRows(rows);
          };
          for await (const rows of reader.rows(table, piece)) {
            signal.throwIfAborted();
            for (const { row } of rows) {
              object.add(JSON.parse(row) as Text[]);
              if (object.rows >= OBJECT_ROWS || object.bytes >= OBJECT_BYTES) await flush();
            }
          }
          await flush();
        },
        [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
      };
    },
  };
}
