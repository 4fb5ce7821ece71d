import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordsOf } from '#appliers/builtin/records.fixture.ts';
import { connectClient, failureOf } from '#clients/connect.ts';
import { kafkaClient } from '#clients/kafka.ts';
import { engineOf } from '#engines/index.ts';
import type { Table } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import type { Stack } from '#model/stack.ts';
import { until } from '#std/wait.ts';
import { startTestStack } from '#testing/stack.ts';

const { server, sink: port } = engineOf({ engine: 'mariadb' });
const TOPIC = 'jdbc.public.t';

/** The worker's Java takes its time zone from the environment, as it does on the machine of whoever lives there. */
const zone = process.env.TZ;
let stack: Stack;
let database: Database;

beforeAll(async () => {
  process.env.TZ = 'America/New_York';
  stack = await startTestStack({ sink: 'mariadb' });
  database = await server.create(stack.sink, 'jdbc');
});

afterAll(async () => {
  await database?.close();
  await stack?.[Symbol.asyncDispose]();
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

const TYPES = {
  id: 'bigint(20)',
  name: 'longtext',
  amount: 'decimal(12,2)',
  flag: 'tinyint(1)',
  raw: 'longblob',
  moment: 'timestamp(6)',
  shown: 'datetime(6)',
  day: 'date',
  clock: 'time(6)',
};

const record = recordsOf('t', ['id'], {
  id: { type: 'int64' },
  name: { type: 'string' },
  amount: { type: 'bytes', name: 'org.apache.kafka.connect.data.Decimal', parameters: { scale: '2' } },
  flag: { type: 'boolean' },
  raw: { type: 'bytes' },
  moment: { type: 'string', name: 'io.debezium.time.ZonedTimestamp' },
  shown: { type: 'int64', name: 'io.debezium.time.MicroTimestamp' },
  day: { type: 'int32', name: 'io.debezium.time.Date' },
  clock: { type: 'int64', name: 'io.debezium.time.MicroTime' },
});

test('Debezium’s JDBC sink writes every moment of a day as it is, wherever its worker lives', async () => {
  const table: Table = {
    ...{ schema: 'db', name: 't', key: ['id'] },
    columns: Object.entries(TYPES).map(([name, type]) => ({ name, type, nullable: name !== 'id', generated: false })),
  };
  await port.createTable(database, table, { keyed: true });
  const after = {
    name: `it's \\ "ü" 😀`,
    amount: 'AMk=',
    flag: true,
    raw: 'AP8n',
    moment: '2024-07-01T00:30:00.123456Z',
    // An hour that New York's clocks leave out.
    shown: 1_710_037_800_123_456,
    day: 19_905,
    clock: 1_800_000_001,
  };
  const producer = kafkaClient(stack.brokers).producer();
  await producer.connect();
  const messages = [record({ op: 'c', key: { id: 1 }, after }), record({ op: 'u', key: { id: 1 }, after })];
  await producer.send({ topic: TOPIC, messages });
  await producer.disconnect();
  const connect = connectClient(stack.workers.sink);
  const config = port.connectorConfig({ server: stack.sink, database: 'jdbc', topics: [TOPIC], foreign: true });
  await connect.put('jdbc', config);
  await connect.awaitState('jdbc', 'RUNNING', { limitMs: 60_000 });
  let failure: string | undefined;
  const [row] = await until(
    async () => {
      const rows = await database.query<Record<string, string>>(`SELECT ${Object.keys(TYPES).join(', ')} FROM t`);
      const status = await connect.status('jdbc');
      failure = status === undefined ? undefined : failureOf(status)?.trace;
      return rows.length > 0 && rows;
    },
    { what: 'the row', limitMs: 60_000, saw: () => failure ?? 'no row, and no failure of the connector' },
  );
  expect(row).toEqual({
    id: '1',
    ...{ name: `it's \\ "ü" 😀`, amount: '2.01', flag: '1', raw: '\\x00ff27' },
    moment: '2024-07-01 00:30:00.123456',
    shown: '2024-03-10 02:30:00.123456',
    day: '2024-07-01',
    clock: '00:30:00.000001',
  });
});
