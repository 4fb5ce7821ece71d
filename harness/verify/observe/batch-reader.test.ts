import type { EachBatchPayload } from 'kafkajs';
import { expect, test } from 'vitest';
import { engineOf } from '#engines/index.ts';
import type { ChangeEvent } from '#model/change-event.ts';
import type { TopicPartition } from '#model/position.ts';
import { batchReader } from './batch-reader.ts';

const TABLE = 'db.accounts';

/** Reads one record of a topic whose envelope was taken off, and tells its event. */
async function read(headers: Readonly<Record<string, string | null>>): Promise<ChangeEvent | undefined> {
  const positions = new Map<TopicPartition, bigint>();
  const seen: ChangeEvent[] = [];
  const never = (): never => {
    throw new Error('the record could not be read');
  };
  const { take } = batchReader({
    tables: new Map([['t', [{ topic: 't', table: TABLE }]]]),
    block: engineOf({ engine: 'mariadb' }).source.block,
    naming: undefined,
    index: { add: () => {} },
    clock: { note: () => {}, noteTombstone: () => {} },
    undecoded: { add: never },
    positions,
    incomplete: new Set(),
    onEvent: (event) => seen.push(event),
  });
  const message = {
    ...{ offset: '0', timestamp: '1', key: Buffer.from('{"id":1}'), value: Buffer.from('{"id":1,"plan":"free"}') },
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value === null ? null : Buffer.from(value)]),
    ),
  };
  const batch = { topic: 't', partition: 0, messages: [message], lastOffset: () => '0' };
  await take({ batch } as unknown as EachBatchPayload);
  return seen[0];
}

const AT = { __op: 'u', __source_file: 'mariadb-bin.000002', __source_pos: '700', __source_gtid: '0-1-9' };

test('a header without a value is as one that is not there', async () => {
  expect(await read({ ...AT, __source_snapshot: null, __source_gtid: null })).toMatchObject({ op: 'update' });
});

test("an event's place in its transaction tells it from the others, as its header or as a first one", async () => {
  const { formatPosition } = engineOf({ engine: 'mariadb' }).source;
  const at = async (headers: Readonly<Record<string, string | null>>) => {
    const event = await read({ ...AT, ...headers });
    return [event?.lsn === undefined ? undefined : formatPosition(event.lsn), event?.txn];
  };
  expect(await at({ __transaction_total_order: '3' })).toEqual(['mariadb-bin.000002:700#3', '0-1-9']);
  expect(await at({})).toEqual(['mariadb-bin.000002:700#1', '0-1-9']);
  expect(await at({ __op: 'r', __source_snapshot: 'first', __source_gtid: null })).toEqual([
    'mariadb-bin.000002:700',
    undefined,
  ]);
});
