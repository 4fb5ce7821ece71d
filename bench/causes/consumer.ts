// A consumer as a team writes one: Debezium's JSON, a statement an event, a transaction a batch, then the commit. DEFECT names
// what it does wrong; without one it is sound.
import { type EachBatchPayload, Kafka, logLevel } from 'kafkajs';
import pg from 'pg';

const { env } = process;
const needed = (name: string): string => {
  const value = env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
};
const defect = env.DEFECT ?? '';
const topics = needed('TOPICS').split(',');

interface Field {
  readonly field: string;
  readonly name?: string;
  readonly type: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

interface Event {
  readonly op: 'c' | 'r' | 'u' | 'd' | 't';
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
}

const DAY_MS = 86_400_000;

/** A value as PostgreSQL takes it, by the schema that Debezium gives it. */
function decoded(value: unknown, { type, name, parameters }: Field): unknown {
  if (value === null || value === undefined) return null;
  if (name === 'org.apache.kafka.connect.data.Decimal') {
    if (defect === 'decimal-bytes') return value;
    const bytes = Buffer.from(String(value), 'base64');
    const digits = BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`)).toString();
    const scale = Number(parameters?.scale ?? 0);
    const padded = digits.replace('-', '').padStart(scale + 1, '0');
    const text = scale === 0 ? padded : `${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
    return digits.startsWith('-') ? `-${text}` : text;
  }
  if (defect === 'epoch') return value;
  if (name === 'io.debezium.time.MicroTimestamp') {
    const micros = BigInt(value as number);
    const day = new Date(Number(micros / 1000n)).toISOString().replace('Z', '');
    return `${day}${String(micros % 1000n).padStart(3, '0')}`;
  }
  if (name === 'io.debezium.time.Date') return new Date(Number(value) * DAY_MS).toISOString().slice(0, 10);
  if (type === 'bytes' && defect !== 'base64') return Buffer.from(String(value), 'base64');
  return value;
}

const ident = (name: string): string => `"${name.replaceAll('"', '""')}"`;

async function apply(sink: pg.Client, table: string, fields: readonly Field[], event: Event): Promise<void> {
  if (event.op === 'd') {
    if (defect !== 'no-deletes') await sink.query(`DELETE FROM ${table} WHERE id = $1`, [event.before?.id]);
    return;
  }
  if (event.op === 't') {
    await sink.query(`DELETE FROM ${table}`);
    return;
  }
  const names = fields.map(({ field }) => field);
  const values = fields.map((field) => decoded(event.after?.[field.field], field));
  // By place and not by name, as `INSERT INTO t VALUES (…)` does where the sink has its columns in another order.
  const targets = defect === 'by-place' ? [names[0] ?? '', ...names.slice(1).toReversed()] : names;
  const sets = targets.map((name, index) => `${ident(name)} = $${index + 1}`).join(', ');
  const places = targets.map((_, index) => `$${index + 1}`).join(', ');
  const conflict = defect === 'inserts' && event.op !== 'u' ? '' : `ON CONFLICT (id) DO UPDATE SET ${sets}`;
  if (defect === 'inserts' && event.op === 'u') {
    await sink.query(`UPDATE ${table} SET ${sets} WHERE id = $1`, values);
    return;
  }
  await sink.query(`INSERT INTO ${table} (${targets.map(ident).join(', ')}) VALUES (${places}) ${conflict}`, values);
}

const kafka = new Kafka({
  brokers: needed('KAFKA_BROKERS').split(','),
  clientId: 'consumer',
  logLevel: logLevel.ERROR,
});
const sink = new pg.Client({ connectionString: needed('SINK_URL') });
await sink.connect();

const consumer = kafka.consumer({ groupId: needed('CONSUMER_GROUP'), sessionTimeout: 10_000, heartbeatInterval: 1000 });

async function take({ batch }: EachBatchPayload): Promise<void> {
  const next = String(BigInt(batch.lastOffset()) + 1n);
  const commit = (): Promise<void> =>
    consumer.commitOffsets([{ topic: batch.topic, partition: batch.partition, offset: next }]);
  const table = batch.topic.split('.').slice(1).map(ident).join('.');
  const events = batch.messages.flatMap(({ value }) => (value === null ? [] : [JSON.parse(value.toString())]));
  if (defect === 'commits-first') {
    await commit();
    // Work that takes its time, as calls of other services do.
    await new Promise((done) => setTimeout(done, 400));
  }
  await sink.query('BEGIN');
  for (const { schema, payload } of defect === 'reverses' ? events.toReversed() : events) {
    const fields: readonly Field[] = schema.fields.find((one: Field) => one.field === 'after').fields;
    await apply(sink, table, fields, payload);
  }
  await sink.query('COMMIT');
  if (defect !== 'commits-first') await commit();
}

await consumer.connect();
if (defect === 'latest') await filled();
await consumer.subscribe({ topics, fromBeginning: defect !== 'latest' });
await consumer.run({ autoCommit: false, eachBatch: take });
process.once('SIGTERM', () => void consumer.disconnect().finally(() => process.exit(0)));

/** Waits until each topic has records: whoever starts at the end then has missed some. */
async function filled(): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  for (const topic of topics)
    while ((await admin.fetchTopicOffsets(topic)).every(({ high }) => high === '0'))
      await new Promise((done) => setTimeout(done, 200));
  await admin.disconnect();
}
