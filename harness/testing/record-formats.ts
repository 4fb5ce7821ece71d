// Records what Confluent's converters write of Debezium's events, and the JSON converter of the same ones:
// `node harness/testing/record-formats.ts FOLDER`. FOLDER holds those converters as Connect plugins. They are not in Maven
// Central: they come from Confluent's own repository, or are built from its source.
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { connectClient } from '#clients/connect.ts';
import { kafkaClient } from '#clients/kafka.ts';
import { type RegistryClient, registryClient } from '#clients/registry.ts';
import { createDatabase } from '#engines/postgres/admin.ts';
import type { PluginClass, Stack } from '#model/stack.ts';
import { runtimeOf } from '#runtimes/index.ts';
import { until } from '#std/wait.ts';
import { COLUMNS, SETUP_SQL } from './types.ts';

const LIMIT_MS = 120_000;
const OUT = resolve(import.meta.dirname, '../log/formats/confluent.fixture.json');
const PROTOBUF = 'io.confluent.connect.protobuf.ProtobufConverter';
const JSON_SCHEMA = 'io.confluent.connect.json.JsonSchemaConverter';
const JSON_WITH_SCHEMAS = 'org.apache.kafka.connect.json.JsonConverter';

type Settings = Readonly<Record<string, string>>;

/** Connect's own types of times fit into Protobuf's up to the year 9999; a later one, or infinity, fails the task. */
const WITH_CONNECT_TIMES: Settings = { 'time.precision.mode': 'connect', 'table.include.list': 'public.zeros' };
const HOLDING_NULLS: Settings = { 'optional.for.nullables': 'true', 'ignore.default.for.nullables': 'true' };

interface Writer {
  readonly converter: string;
  readonly settings?: Settings;
  readonly connector?: Settings;
}

/** One connector each, on the same tables. Those of JSON are what the others are compared with. */
const WRITERS: Readonly<Record<string, Writer>> = {
  json: { converter: JSON_WITH_SCHEMAS },
  jsonConnect: { converter: JSON_WITH_SCHEMAS, connector: WITH_CONNECT_TIMES },
  jsonSchema: { converter: JSON_SCHEMA, settings: { 'ignore.default.for.nullables': 'true' } },
  protobuf: { converter: PROTOBUF },
  protobufOptional: { converter: PROTOBUF, settings: HOLDING_NULLS },
  protobufWrapper: {
    converter: PROTOBUF,
    settings: { 'wrapper.for.nullables': 'true', 'ignore.default.for.nullables': 'true' },
  },
  protobufConnect: { converter: PROTOBUF, settings: HOLDING_NULLS, connector: WITH_CONNECT_TIMES },
};

/** A NULL in an array fails the task of a connector that writes with the Protobuf converter. */
const columns = Object.entries(COLUMNS).filter(
  ([, { values }]) => !values.some((value) => /^'\{.*(NULL|\{)/.test(value)),
);

const rowSql = (id: number, row: number): string => {
  const written = columns.filter(([, { values }]) => values.length > 0);
  const values = written.map(([, one]) => one.values[row] ?? (one.type.includes('IDENTITY') ? id : 'NULL'));
  return `INSERT INTO all_types (id, ${written.map(([name]) => name).join(', ')}) VALUES (${[id, ...values].join(', ')});`;
};

const TABLES_SQL = `${SETUP_SQL};
CREATE TABLE all_types (id int PRIMARY KEY, ${columns.map(([name, { type }]) => `${name} ${type}`).join(', ')});
CREATE TABLE zeros (id bigint, at timestamptz, n int DEFAULT 5, s text, t boolean, d numeric(5,2), b bytea NOT NULL,
  l int NOT NULL, a int[], moment timestamp, day date, clock time(3), PRIMARY KEY (id, at));
ALTER TABLE zeros REPLICA IDENTITY FULL;
INSERT INTO zeros VALUES (0, '2024-02-29 12:00+00', 0, '', false, 0, '', 0, '{}', '1970-01-01', '1970-01-01', '00:00');
${[0, 1, 2, 3].map((row) => rowSql(row, row)).join('\n')}`;

const CHANGES_SQL = `INSERT INTO zeros VALUES (9007199254740993, '2024-02-29 12:00+00', NULL, NULL, NULL, NULL, '\\x00ff', 9, NULL, NULL, NULL, NULL),
  (1, '2024-02-29 12:00+00', 1, 'a', true, -1.5, 'b', -1, '{1,0,-2}', '2024-02-29 23:59:59.123456', '1969-12-31', '23:59:59.999');
UPDATE zeros SET n = NULL, l = 7 WHERE id = 0;
DELETE FROM zeros WHERE id = 0;
${rowSql(100, 0)}`;

/** Of `all_types` the snapshot and what is streamed then; a delete is followed by a tombstone. */
const RECORDS = { all_types: [4, 1], zeros: [1, 5] } as const;

interface Written {
  readonly topic: string;
  readonly offset: string;
  readonly key: Buffer;
  readonly value: Buffer | null;
}

/** Reads all records of topics as they come, by their prefix. */
async function collect(stack: Stack) {
  const records = new Map<string, Written[]>(Object.keys(WRITERS).map((name) => [name, []]));
  const consumer = kafkaClient(stack.brokers).consumer({ groupId: 'record-formats' });
  await consumer.connect();
  const topics = Object.keys(WRITERS).flatMap((name) =>
    ['all_types', 'zeros'].map((table) => `${name}.public.${table}`),
  );
  await consumer.subscribe({ topics, fromBeginning: true });
  await consumer.run({
    async eachMessage({ topic, message: { offset, key, value } }) {
      const [name = '', ...rest] = topic.split('.');
      records.get(name)?.push({ topic: rest.join('.'), offset, key: key as Buffer, value });
    },
  });
  return { records, [Symbol.asyncDispose]: () => consumer.disconnect() };
}

/** Waits until each connector has written what it captures: the snapshot, or all. */
function written(records: ReadonlyMap<string, readonly Written[]>, upTo: 'snapshot' | 'end'): Promise<unknown> {
  const count = ([read, streamed]: readonly [number, number]) => read + (upTo === 'end' ? streamed : 0);
  const expected = (name: string) =>
    count(RECORDS.zeros) + (WRITERS[name]?.connector === WITH_CONNECT_TIMES ? 0 : count(RECORDS.all_types));
  return until(() => [...records].every(([name, { length }]) => length >= expected(name)), {
    what: `each connector to write up to the ${upTo}`,
    limitMs: LIMIT_MS,
  });
}

function connectorOf(stack: Stack, name: string, { converter, settings = {}, connector = {} }: Writer) {
  const { host, port, user, password } = stack.seen('capture').source;
  const own: Settings =
    converter === JSON_WITH_SCHEMAS
      ? { 'schemas.enable': 'true', 'replace.null.with.default': 'false' }
      : { 'schema.registry.url': stack.registry?.url ?? '', ...settings };
  const converters = ['key', 'value'].flatMap((part) => [
    [`${part}.converter`, converter],
    ...Object.entries(own).map(([setting, value]) => [`${part}.converter.${setting}`, value]),
  ]);
  return {
    'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
    'database.hostname': host,
    'database.port': String(port),
    'database.user': user,
    'database.password': password,
    'database.dbname': 'formats',
    'topic.prefix': name,
    'plugin.name': 'pgoutput',
    'slot.name': name.toLowerCase(),
    'publication.name': name.toLowerCase(),
    'publication.autocreate.mode': 'filtered',
    'table.include.list': 'public.all_types,public.zeros',
    'interval.handling.mode': 'string',
    'binary.handling.mode': 'bytes',
    ...connector,
    ...Object.fromEntries(converters),
  };
}

const isRegistered = (bytes: Buffer | null): bytes is Buffer => bytes?.[0] === 0;

/** The schemas that bytes were written with, by their numbers. */
async function schemasOf(registry: RegistryClient, all: readonly (Buffer | null)[]) {
  const ids = new Set(all.filter(isRegistered).map((bytes) => bytes.readUInt32BE(1)));
  const found = await Promise.all([...ids].map(async (id) => [id, await registry.schema(id)] as const));
  return Object.fromEntries(found.map(([id, schema]) => [id, schema]));
}

const JSON_PARTS = /^\{"schema":(.*?),"payload":(.*)\}$/s;

/** In base64; JSON as the place of its schema among the others, and the payload. */
function kept(bytes: Buffer | null, schemas: string[]): string | readonly [number, string] | null {
  const [, schema, payload] = JSON_PARTS.exec(bytes?.toString() ?? '') ?? [];
  if (schema === undefined || payload === undefined) return bytes?.toString('base64') ?? null;
  if (!schemas.includes(schema)) schemas.push(schema);
  return [schemas.indexOf(schema), payload];
}

async function main(folder: string): Promise<void> {
  const classes: PluginClass[] = [PROTOBUF, JSON_SCHEMA].map((name) => ({ name, kind: 'converter' }));
  const plugins = { folders: [resolve(folder)], classes };
  await using stack = await runtimeOf().start({ format: 'avro', plugins });
  const registry = registryClient(stack.registry?.url ?? '');
  await using parts = new AsyncDisposableStack();
  const database = await createDatabase(stack.source, 'formats');
  parts.defer(() => database.close());
  await database.query(TABLES_SQL);
  const admin = kafkaClient(stack.brokers).admin();
  await admin.connect();
  const topics = Object.keys(WRITERS).flatMap((name) =>
    ['all_types', 'zeros'].map((table) => ({ topic: `${name}.public.${table}`, numPartitions: 1 })),
  );
  await admin.createTopics({ topics, waitForLeaders: true });
  await admin.disconnect();
  const { records } = parts.use(await collect(stack));
  const connect = connectClient(stack.workers.source);
  for (const [name, writer] of Object.entries(WRITERS)) {
    await connect.put(name, connectorOf(stack, name, writer));
    await connect.awaitState(name, 'RUNNING', { limitMs: LIMIT_MS });
  }
  await written(records, 'snapshot');
  await database.query(CHANGES_SQL);
  await written(records, 'end');
  const all = [...records.values()].flat();
  const jsonSchemas: string[] = [];
  const fixture = {
    about:
      'Records of Debezium 3.5 (PostgreSQL) with converters of Confluent 8.5 and the JSON converter: see record-formats.ts',
    registered: await schemasOf(
      registry,
      all.flatMap(({ key, value }) => [key, value]),
    ),
    records: Object.fromEntries(
      [...records].map(([name, found]) => [
        name,
        found
          .toSorted(
            (left, right) => left.topic.localeCompare(right.topic) || Number(left.offset) - Number(right.offset),
          )
          .map(({ topic, offset, key, value }) => ({
            ...{ topic, offset, key: kept(key, jsonSchemas), value: kept(value, jsonSchemas) },
          })),
      ]),
    ),
    jsonSchemas,
  };
  writeFileSync(OUT, `${JSON.stringify(fixture, null, 1)}\n`);
}

await main(process.argv[2] ?? '');
