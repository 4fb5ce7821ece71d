import { connectClient } from '#clients/connect.ts';
import { kafkaClient, logBounds } from '#clients/kafka.ts';
import { engineOf } from '#engines/index.ts';
import { type Table, tableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import { topicPartition } from '#model/position.ts';
import type { Stack } from '#model/stack.ts';
import { until } from '#std/wait.ts';

/** Deletes scattered among the other changes, or in purges of many rows at once. */
export type Deletes = 'scattered' | 'purged';

/** A topic of one partition with what Debezium's connector made of changes of one table. */
export interface Topic {
  readonly name: string;
  readonly table: Table;
  readonly source: Database;
  /** Changes of rows; the tombstones that follow deletes come on top. */
  readonly events: number;
  readonly records: number;
}

const PREFIX = 'bench';
const TABLES_LIMIT_MS = 60_000;
/** Far more than the connector needs for an event, even on a busy machine. */
const CAPTURE_LIMIT_MS_PER_EVENT = 2;

/** The key of the row that is inserted last: once a sink has it, it has applied everything. */
export const LAST_KEY = '0';

function tableSql(name: string): string {
  return `CREATE TABLE public.${name} (
  id bigint PRIMARY KEY, customer_id int NOT NULL, status text NOT NULL, amount numeric(12,2) NOT NULL,
  note text, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL)`;
}

/**
 * A procedure that makes exactly so many changes in transactions of about eight: half inserts, two fifths updates and a
 * twelfth deletes of random keys. The same arguments make the same changes.
 */
function changesSql(name: string): string {
  return `
CREATE FUNCTION public.dice(n bigint, seed int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT (hashint8extended(n, seed) & 1048575)::int';
CREATE PROCEDURE public.change(events int, purged boolean, INOUT deleted int) LANGUAGE plpgsql AS $$
DECLARE
  made int := 1; n bigint := 0; last bigint := 0; kind int; chosen bigint; gone int;
BEGIN
  deleted := 0;
  WHILE made < events LOOP
    n := n + 1;
    gone := 0;
    kind := public.dice(n, 1) % 100;
    chosen := 1 + (public.dice(n, 2)::bigint * 1048576 + public.dice(n, 3)) % greatest(last, 1);
    IF kind < 50 THEN
      last := last + 1;
      INSERT INTO public.${name} VALUES (last, public.dice(n, 4), (ARRAY['new', 'paid', 'shipped'])[1 + public.dice(n, 5) % 3], public.dice(n, 6) / 100.0,
        CASE WHEN public.dice(n, 7) % 8 = 0 THEN NULL
          ELSE left(CASE WHEN public.dice(n, 8) % 8 = 0 THEN 'Grüße – 你好 ' ELSE '' END || md5(n::text) || md5((-n)::text) || md5(n::text), 10 + public.dice(n, 9) % 61) END,
        '2024-01-01'::timestamptz + n * interval '1.234567 s', '2024-01-01'::timestamptz + n * interval '1.234567 s');
      made := made + 1;
    ELSIF kind < 92 THEN
      UPDATE public.${name} SET status = (ARRAY['paid', 'shipped', 'cancelled'])[1 + public.dice(n, 5) % 3], amount = amount + 0.01,
        updated_at = '2024-01-01'::timestamptz + n * interval '1.234567 s' WHERE id = chosen;
      IF FOUND THEN made := made + 1; END IF;
    ELSIF NOT purged THEN
      DELETE FROM public.${name} WHERE id = chosen;
      GET DIAGNOSTICS gone = ROW_COUNT;
    ELSIF n % 25 = 0 THEN
      DELETE FROM public.${name} WHERE id IN (SELECT 1 + (public.dice(n * 1000 + i, 2)::bigint * 1048576 + public.dice(n * 1000 + i, 3)) % greatest(last, 1)
        FROM generate_series(1, least(25, events - made)) i);
      GET DIAGNOSTICS gone = ROW_COUNT;
    END IF;
    made := made + gone;
    deleted := deleted + gone;
    IF n % 8 = 0 THEN COMMIT; END IF;
  END LOOP;
  INSERT INTO public.${name} VALUES (${LAST_KEY}, 0, 'last', 0, NULL, '2024-01-01Z', '2024-01-01Z');
END $$`;
}

export interface Filling {
  readonly events: number;
  readonly deletes: Deletes;
  /** Properties of the connector beside the lab's own. */
  readonly config?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Changes a table of a source of its own, and has Debezium's connector capture the changes into a topic. */
export async function fillTopic(stack: Stack, name: string, filling: Filling): Promise<Topic> {
  const { events, deletes, config, signal } = filling;
  const prefix = `${PREFIX}-${name}`;
  const source = await engineOf(stack.source).server.create(stack.source, `${PREFIX}_${name}_source`);
  // The schema of the signal table has the user's name and so would come before `public`: it is made last.
  for (const sql of [tableSql(name), changesSql(name)]) await source.query(sql);
  await engineOf(source).source.prepareSignals(source);
  const table = (await engineOf(source).compare.readCatalog(source)).find((one) => one.name === name);
  if (table === undefined) throw new Error(`the table ${name} is not in the catalog`);
  const topic = `${prefix}.${tableId(table)}`;

  const admin = kafkaClient(stack.brokers).admin();
  await admin.connect();
  const connect = connectClient(stack.workers.source);
  try {
    await admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions: 1, replicationFactor: 1 }] });
    await logBounds(admin, [topic]);
    await connect.put(
      prefix,
      {
        ...engineOf(stack.source).source.connectorConfig({
          server: stack.source,
          database: source.name,
          prefix,
          tables: [tableId(table)],
          brokers: stack.brokers,
        }),
        // The table is empty as yet: every event is a change.
        'snapshot.mode': 'no_data',
        ...config,
      },
      signal,
    );
    await connect.awaitState(prefix, 'RUNNING', { limitMs: TABLES_LIMIT_MS, signal });
    // What is written before the connector reads the log is no event.
    await until(() => engineOf(source).source.isStreamed(source), {
      what: 'the connector to read the log',
      limitMs: TABLES_LIMIT_MS,
      signal,
    });
    const [changed] = await source.query<{ deleted: string }>('CALL public.change($1, $2, 0)', [
      events,
      deletes === 'purged',
    ]);
    // Each delete has a tombstone behind it.
    const records = events + Number(changed?.deleted);
    let seen = 0n;
    await until(
      async () => {
        seen = (await logBounds(admin, [topic])).ends.get(topicPartition(topic, 0)) ?? 0n;
        return seen >= BigInt(records);
      },
      {
        what: `the connector to capture ${events} changes`,
        limitMs: TABLES_LIMIT_MS + events * CAPTURE_LIMIT_MS_PER_EVENT,
        signal,
        saw: () => `${seen} of ${records} records`,
      },
    );
    if (seen !== BigInt(records)) throw new Error(`${topic} holds ${seen} records where ${records} were expected`);
    return { name: topic, table, source, events, records };
  } finally {
    await connect.delete(prefix);
    await engineOf(source).source.release(source, TABLES_LIMIT_MS);
    await admin.disconnect();
  }
}
