import { setTimeout as delay } from 'node:timers/promises';
import type { TableId } from '#model/catalog.ts';
import type { ChangeEvent, EventOp } from '#model/change-event.ts';
import type { OperationKind } from '#model/operation.ts';
import type { Row } from '#model/values.ts';
import type { Random } from '#std/random.ts';
import type { World } from './plant-fixture.ts';

interface Change {
  readonly op: EventOp;
  readonly id: number;
  readonly after: Row | undefined;
  readonly lsn: bigint;
  readonly txn: string;
}

export interface Live extends AsyncDisposable {
  /** Changes that were put into the log a second time. */
  readonly replayed: number;
  /** Ends the writers and lets everything arrive. */
  drain(): Promise<void>;
}

/**
 * A sound pipeline driven by chance over the world's `items` table, all at once: writers whose transactions change rows
 * several times, a connector that lags, starts again from an older position and snapshots, and an applier that lags,
 * writes a record before it moves its position, and starts again from an older one.
 */
export function liveWorld(
  world: World,
  chance: Random,
  table: TableId,
  rows: number,
  { untouched = [] }: { readonly untouched?: readonly number[] } = {},
): Live {
  const captured: Change[] = [];
  const records: ChangeEvent[] = [];
  const partition = `${table}/0`;
  const base = world.log.end(table);
  let writing = true;
  let capturing = true;
  let applying = true;
  let lsn = 10_000n;
  let txn = 100_000;
  let next = 0;
  let replayed = 0;
  let position = 0;
  const writers = write(chance.fork('writer'));
  const connector = capture(chance.fork('connector'));
  const applier = apply(chance.fork('applier'));

  async function write(luck: Random): Promise<void> {
    while (writing) {
      const id = String(++txn);
      const ids = Array.from({ length: luck.between(1, 3) }, () => luck.between(1, rows)).filter(
        (row) => !untouched.includes(row),
      );
      const end = world.ledger.begin(ids.map((row) => ({ table, key: JSON.stringify([String(row)]) })));
      const client = await world.source.pool.connect();
      const changes: Change[] = [];
      const kinds: { id: number; kind: OperationKind }[] = [];
      await client.query('BEGIN');
      for (const row of ids) {
        const kind = await changeRow(client, row, luck);
        lsn += 8n;
        const after = (await client.query<Row>('SELECT * FROM items WHERE id = $1', [row])).rows[0];
        changes.push({ op: kind === 'insert' ? 'create' : kind, id: row, after, lsn, txn: id });
        kinds.push({ id: row, kind });
      }
      await client.query('COMMIT');
      client.release();
      // The connector reads the WAL, and may be faster than the answer to the COMMIT.
      captured.push(...changes);
      if (luck.chance(0.3)) await delay(luck.below(4));
      end(kinds.map((one) => ({ txn: id, table, key: JSON.stringify([String(one.id)]), kind: one.kind })));
      await delay(luck.below(3));
    }
  }

  async function changeRow(
    client: { query(sql: string, values: unknown[]): Promise<{ rowCount: number | null }> },
    id: number,
    luck: Random,
  ): Promise<OperationKind> {
    if (luck.chance(0.15)) {
      if ((await client.query('DELETE FROM items WHERE id = $1', [id])).rowCount === 1) return 'delete';
    }
    const updated = await client.query('UPDATE items SET n = n + 1, value = $2 WHERE id = $1', [
      id,
      `v${luck.below(5)}`,
    ]);
    if (updated.rowCount === 1) return 'update';
    await client.query(`INSERT INTO items VALUES ($1, 'again', 0)`, [id]);
    return 'insert';
  }

  async function capture(luck: Random): Promise<void> {
    while (capturing || next < captured.length) {
      // A crash before the offsets were flushed: what was sent is sent again, from a transaction's beginning.
      if (next > 0 && luck.chance(0.05)) {
        const from = Math.max(0, next - luck.between(1, 30));
        replayed += next - from;
        next = from;
      }
      for (let count = luck.below(4); count >= 0 && next < captured.length; count--) send(captured[next++] as Change);
      await delay(luck.below(6));
    }
  }

  function send({ op, id, after, lsn: at, txn: of }: Change): void {
    const columns = [{ name: 'id' }, { name: 'value' }, { name: 'n' }];
    records.push(world.log.append({ table, op, lsn: at, txn: of, key: { id: String(id) }, after, columns }));
  }

  async function apply(luck: Random): Promise<void> {
    while (applying || position < records.length) {
      // A crash before the position was stored: records are applied again, and the position says so.
      if (position > 0 && luck.chance(0.05)) position = Math.max(0, position - luck.between(1, 20));
      world.variant.appliedTo.set(partition, base + BigInt(position));
      for (let count = luck.below(6); count > 0 && position < records.length; count--) {
        await applyRecord(records[position] as ChangeEvent);
        position++;
        if (luck.chance(0.7)) world.variant.appliedTo.set(partition, base + BigInt(position));
      }
      await delay(luck.below(5));
    }
    world.variant.appliedTo.set(partition, base + BigInt(position));
  }

  async function applyRecord({ key, after }: ChangeEvent): Promise<void> {
    if (after === undefined) await world.sink.query('DELETE FROM items WHERE id = $1', [key.id]);
    else
      await world.sink.query(
        'INSERT INTO items VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET value = excluded.value, n = excluded.n',
        [after.id, after.value, after.n],
      );
  }

  async function drain(): Promise<void> {
    // One after another: each has its last work from the one before it.
    writing = false;
    await writers;
    capturing = false;
    await connector;
    applying = false;
    await applier;
  }

  return {
    get replayed() {
      return replayed;
    },
    drain,
    [Symbol.asyncDispose]: drain,
  };
}
