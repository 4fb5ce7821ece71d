import type { Table } from '#model/catalog.ts';
import type { ObjectsSink } from '#model/pipeline.ts';
import type { Text } from '#model/values.ts';

/** A table of customers as a source has it. */
export const CUSTOMERS: Table = {
  ...{ schema: 'public', name: 'customers', key: ['id'] },
  columns: [
    { name: 'id', type: 'bigint', nullable: false, generated: false },
    { name: 'name', type: 'text', nullable: true, generated: false },
    { name: 'active', type: 'boolean', nullable: true, generated: false },
    { name: 'balance', type: 'numeric(12,2)', nullable: true, generated: false },
  ],
};

/** A line of an object: the change at an offset, whose position in the source's log is as high. */
export function lineOf(offset: number, op: string, row: Readonly<Record<string, unknown>>, partition = 0): string {
  const own = { _cdc_op: op, _cdc_lsn: `0/${offset.toString(16)}`, _cdc_topic: 'p.public.customers' };
  return JSON.stringify({ ...row, ...own, _cdc_partition: partition, _cdc_offset: offset });
}

/** Objects in memory, by their names in the folder of {@link CUSTOMERS}; what is put into `objects` later is there from then on. */
export function objectsInMemory(objects: Map<string, readonly string[]>) {
  const read: string[] = [];
  const sink: ObjectsSink = {
    place: 'bucket/folder/',
    tables: [CUSTOMERS],
    async *list() {
      for (const [key, lines] of [...objects].sort(([a], [b]) => (a < b ? -1 : 1)))
        yield { key, version: lines.join() };
    },
    async get(key) {
      read.push(key);
      const lines = objects.get(key);
      return lines === undefined ? undefined : Buffer.from(`${lines.join('\n')}\n`);
    },
    tableOf: () => 'public.customers',
  };
  return { sink, read };
}

/** The texts of a row as a comparison reads them. */
export function texts(...row: readonly Text[]): string {
  return JSON.stringify(row);
}
