import type { Consumer, EachBatchPayload } from 'kafkajs';
import { kafkaClient } from '#clients/kafka.ts';
import { defaultEngine, SOURCE_READERS } from '#engines/index.ts';
import { decodeChangeEvent, decodeContext, isPoison } from '#log/decode.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import { type ChangeEvent, UNCHANGED } from '#model/change-event.ts';
import type { Database, Variant } from '#model/pipeline.ts';
import { type TopicRoute, topicPartition } from '#model/position.ts';
import type { Text } from '#model/values.ts';

const { addColumn, quote, quoteTable } = defaultEngine.dialect;

type Values = Record<string, Text>;

/** What an applier does wrong; one that does nothing wrong is sound. */
export interface Defect {
  /** The events of a batch as they are applied. */
  readonly events?: (events: readonly ChangeEvent[]) => readonly ChangeEvent[];
  /** The values of an event as they are written. */
  readonly values?: (values: Values, event: ChangeEvent) => Values;
  /** Inserts blindly into tables without a key. */
  readonly blind?: boolean;
  /** Does not add columns that the events have and the sink has not. */
  readonly ignoresColumns?: boolean;
  /** An event that the sink refuses is left out. */
  readonly skipsErrors?: boolean;
  /** Commits before it applies, and is started anew instead of applying a batch for which this holds, once. */
  readonly diesOver?: (events: readonly ChangeEvent[]) => boolean;
  /** Never commits. */
  readonly forgetsPosition?: boolean;
}

export interface PlainApplier extends Variant, AsyncDisposable {
  /** Lets a second member into the group. Resolves when each has its partitions. */
  rebalance(): Promise<void>;
}

export interface PlainApplierOptions {
  readonly name: string;
  readonly brokers: readonly string[];
  readonly routes: readonly TopicRoute[];
  readonly tables: readonly Table[];
  readonly sink: Database;
  readonly defect: Defect;
}

/** An applier as many a team has written one: a statement an event, a transaction a batch, then the commit. */
export async function startPlainApplier(options: PlainApplierOptions): Promise<PlainApplier> {
  const { name, routes, sink, defect } = options;
  const kafka = kafkaClient(options.brokers, name);
  const context = decodeContext(SOURCE_READERS, new Map(routes.map(({ topic, table }) => [topic, table])));
  const columns = new Map<TableId, Set<string>>(
    options.tables.map((table) => [tableId(table), new Set(table.columns.map((column) => column.name))]),
  );
  const positions = new Map<string, bigint>();
  const members: Consumer[] = [];
  let mayDie = true;
  let failure: unknown;
  let restarting: Promise<void> | undefined;

  const evolve = async (event: ChangeEvent): Promise<void> => {
    const known = columns.get(event.table) ?? new Set();
    for (const column of event.columns) {
      if (known.has(column.name) || defect.ignoresColumns === true) continue;
      await sink.query(addColumn(event.table, column));
      known.add(column.name);
    }
  };

  const apply = async (run: Pick<Database, 'query'>['query'], event: ChangeEvent): Promise<void> => {
    const table = quoteTable(event.table);
    const keys = Object.keys(event.key);
    if (event.op === 'delete') {
      const where = keys.map((key, index) => `${quote(key)} = $${index + 1}`).join(' AND ');
      await run(`DELETE FROM ${table} WHERE ${where}`, Object.values(event.key));
      return;
    }
    const values = valuesOf(event);
    const names = Object.keys(values);
    const places = names.map((_, index) => `$${index + 1}`).join(', ');
    const sets = names.map((column, index) => `${quote(column)} = $${index + 1}`).join(', ');
    if (defect.blind === true && event.op === 'update') {
      const where = keys.map((key) => `${quote(key)} = $${names.indexOf(key) + 1}`).join(' AND ');
      await run(`UPDATE ${table} SET ${sets} WHERE ${where}`, Object.values(values));
      return;
    }
    const conflict = defect.blind === true ? '' : `ON CONFLICT (${keys.map(quote).join(', ')}) DO UPDATE SET ${sets}`;
    await run(
      `INSERT INTO ${table} (${names.map(quote).join(', ')}) VALUES (${places}) ${conflict}`,
      Object.values(values),
    );
  };

  const valuesOf = (event: ChangeEvent): Values => {
    const known = columns.get(event.table);
    const values: Values = {};
    for (const [column, value] of Object.entries(event.after ?? {}))
      if (value !== UNCHANGED && known?.has(column) === true) values[column] = value;
    const own = { _cdc_op: event.op, _cdc_lsn: event.lsn === undefined ? null : String(event.lsn) };
    return { ...(defect.values?.(values, event) ?? values), ...own };
  };

  const applyAll = async (events: readonly ChangeEvent[]): Promise<void> => {
    for (const event of events) await evolve(event);
    const client = await (sink as Database & { readonly pool: import('pg').Pool }).pool.connect();
    try {
      const run = async (sql: string, params: readonly unknown[] = []) => (await client.query(sql, [...params])).rows;
      await client.query('BEGIN');
      for (const event of defect.events?.(events) ?? events) {
        await client.query('SAVEPOINT one');
        try {
          await apply(run as Database['query'], event);
        } catch (error) {
          if (defect.skipsErrors !== true) throw error;
          await client.query('ROLLBACK TO SAVEPOINT one');
        }
      }
      await client.query('COMMIT');
    } finally {
      client.release();
    }
  };

  const take = async (consumer: Consumer, { batch }: EachBatchPayload): Promise<void> => {
    if (restarting !== undefined) return;
    const next = BigInt(batch.lastOffset()) + 1n;
    const events = batch.messages.flatMap((message) => {
      const decoded = decodeChangeEvent({ topic: batch.topic, partition: batch.partition, ...message }, context);
      return decoded === undefined || isPoison(decoded) ? [] : [decoded];
    });
    const commit = () =>
      consumer.commitOffsets([{ topic: batch.topic, partition: batch.partition, offset: String(next) }]);
    if (defect.diesOver !== undefined) {
      await commit();
      if (mayDie && defect.diesOver(events)) {
        mayDie = false;
        restarting = restart(consumer);
        positions.set(topicPartition(batch.topic, batch.partition), next);
        return;
      }
    }
    try {
      await applyAll(events);
    } catch (error) {
      failure = error;
      throw error;
    }
    positions.set(topicPartition(batch.topic, batch.partition), next);
    if (defect.forgetsPosition !== true && defect.diesOver === undefined) await commit();
  };

  const restart = async (consumer: Consumer): Promise<void> => {
    await consumer.disconnect();
    members.splice(members.indexOf(consumer), 1);
    restarting = undefined;
    await join();
  };

  const joinedAgain = (consumer: Consumer): Promise<void> =>
    new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()));

  const join = async (): Promise<void> => {
    const consumer = kafka.consumer({
      groupId: name,
      sessionTimeout: 10_000,
      heartbeatInterval: 500,
      maxWaitTimeInMs: 100,
      maxBytesPerPartition: 64 * 1024,
      allowAutoTopicCreation: false,
    });
    members.push(consumer);
    await consumer.connect();
    await consumer.subscribe({ topics: routes.map(({ topic }) => topic), fromBeginning: true });
    const joined = Promise.withResolvers<void>();
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      // Whoever never commits reads from the beginning what it is given anew.
      if (defect.forgetsPosition === true)
        for (const [topic, partitions] of Object.entries(payload.memberAssignment))
          for (const partition of partitions) positions.delete(topicPartition(topic, partition));
      joined.resolve();
    });
    await consumer.run({ autoCommit: false, eachBatch: (payload) => take(consumer, payload) });
    await joined.promise;
  };

  await join();
  return {
    name,
    spec: { kind: 'builtin', title: name },
    sink,
    jumps: [],
    status: async () => (failure === undefined ? { state: 'running' } : { state: 'failed', error: String(failure) }),
    pause: async () => {},
    resume: async () => {},
    applied: async () => new Map(positions),
    copyIn: async () => 0,
    async rebalance() {
      // Whoever joins again a moment later than the new one must not pass for a member that has read everything.
      const others = members.map(joinedAgain);
      await join();
      await Promise.all(others);
    },
    async [Symbol.asyncDispose]() {
      await restarting;
      await Promise.all(members.map((consumer) => consumer.disconnect()));
    },
  };
}
