// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, type Admin, ResourcePatternTypes } from 'kafkajs';
import { diagnoseCommand } from '#cli/diagnose.ts';
import type { ConnectClient } from '#clients/connect.ts';
import { kafkaClient } from '#clients/kafka.ts';
import { AVRO_CONVERTER, AVRO_WIRE_FORMAT } from '#model/registry-converter.ts';
import type { ClusterDiagnosis } from '#model/set-up.ts';
import type { DatabaseServer, Node, Stack } from '#model/stack.ts';
import { freePorts } from '#std/free-port.ts';
import { until } from '#std/wait.ts';
import { testHost } from './cli-host.ts';
import { makeDatabase } from './postgres.ts';
import { startTestStack } from './stack.ts';
import { askWorkers, openly, workerAddress } from './workers.ts';

export type Config = Readonly<Record<string, string>>;

/** A Kafka that makes no topics, with a listener of names, passwords and ACLs; a schema registry; and one group of Connect workers. */
export interface KafkaBench extends AsyncDisposable {
  readonly stack: Stack;
  readonly connect: ConnectClient;
  readonly admin: Admin;
  readonly registry: Node;
  /** A source connector of the table `t_NAME`, which writes JSON with schemas, and makes its topics. */
  source(name: string, more?: Config): Promise<void>;
  /** A JDBC sink connector that reads the same into the table `to_NAME`. */
  sink(name: string, topics: string, more?: Config): Promise<void>;
  /** Changes some of a connector's properties; one that is empty is taken away. */
  configure(name: string, change: Config): Promise<void>;
  restart(name: string): Promise<void>;
  /** A row into a source connector's table. */
  write(name: string): Promise<void>;
  sql(text: string): Promise<void>;
  /** A record of JSON with schemas, as a connector writes it. */
  send(topic: string): Promise<void>;
  /** Lets a user do something to a topic or a group, or no more. */
  allow(user: string, what: Allowed, allowed?: boolean): Promise<void>;
  diagnose(): Promise<ClusterDiagnosis>;
  /** The workers' address with user and password, as `--connect` takes it, and what that stands for. */
  readonly workers: string;
  readonly env: NodeJS.ProcessEnv;
}

interface Allowed {
  readonly topic?: string;
  readonly group?: string;
  readonly operations: readonly ('Read' | 'Write' | 'Describe')[];
}

const JSON_CONVERTER = 'org.apache.kafka.connect.json.JsonConverter';

const ofBoth = (converter: string, settings: Config = {}): Config =>
  Object.fromEntries(
    ['key', 'value'].flatMap((part) => [
      [`${part}.converter`, converter],
      ...Object.entries(settings).map(([name, value]) => [`${part}.converter.${name}`, value]),
    ]),
  );

export const JSON_OF_BOTH = ofBoth(JSON_CONVERTER, { 'schemas.enable': 'true' });

/** What has a connector read and write Avro with the registry of the stack. */
export function avroOf({ registry }: Pick<Stack, 'registry'>): Config {
  return ofBoth(AVRO_CONVERTER, { 'apicurio.registry.url': registry?.ownUrl ?? '', ...AVRO_WIRE_FORMAT });
}

/** Properties by which a connector's client signs in. */
export type Login = (client: 'producer' | 'consumer', user: string, password?: string) => Config;

/** The users of the listener; the password of each is `sesame`. */
const USERS = ['writer', 'other_writer', 'reader', 'other_reader'];

const MODULE = 'org.apache.kafka.common.security.plain.PlainLoginModule required';

/** Starts the broker anew with a listener of names and passwords, with ACLs, and without topics that nobody asked for. */
async function secure(broker: Node): Promise<Login> {
  const file = join(readlinkSync(`/proc/${broker.pid}/cwd`), 'server.properties');
  const [port] = await freePorts(1, new Set());
  const users = USERS.map((user) => `user_${user}="sesame"`).join(' ');
  const text = readFileSync(file, 'utf8')
    .replaceAll(/^((?:advertised\.)?listeners=.*)$/gm, `$1,SASL://127.0.0.1:${port}`)
    .replace(/^(listener\.security\.protocol\.map=.*)$/m, '$1,SASL:SASL_PLAINTEXT')
    .replace(/^auto\.create\.topics\.enable=true$/m, 'auto.create.topics.enable=false');
  const more = [
    'sasl.enabled.mechanisms=PLAIN',
    'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users=User:ANONYMOUS',
    `listener.name.sasl.plain.sasl.jaas.config=${MODULE} ${users};`,
  ];
  await broker.stop();
  writeFileSync(file, `${text}${more.join('\n')}\n`);
  await broker.start();
  return (client, user, password = 'sesame') => ({
    [`${client}.override.bootstrap.servers`]: `127.0.0.1:${port}`,
    [`${client}.override.security.protocol`]: 'SASL_PLAINTEXT',
    [`${client}.override.sasl.mechanism`]: 'PLAIN',
    [`${client}.override.sasl.jaas.config`]: `${MODULE} username="${user}" password="${password}";`,
  });
}

const sourceConfig = (name: string, { host, port, user, password }: DatabaseServer): Config => ({
  ...{ 'connector.class': 'io.debezium.connector.postgresql.PostgresConnector', 'plugin.name': 'pgoutput' },
  ...{ 'database.hostname': host, 'database.port': String(port), 'database.dbname': 'own' },
  ...{ 'database.user': user, 'database.password': password, 'topic.prefix': name, 'slot.name': name },
  ...{ 'publication.name': name, 'publication.autocreate.mode': 'filtered', 'table.include.list': `public.t_${name}` },
  ...{ 'topic.creation.default.replication.factor': '-1', 'topic.creation.default.partitions': '-1' },
  ...JSON_OF_BOTH,
});

const sinkConfig = (name: string, { host, port, user, password }: DatabaseServer): Config => ({
  'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
  ...{ 'connection.url': `jdbc:postgresql://${host}:${port}/copy`, 'connection.username': user },
  ...{ 'connection.password': password, 'insert.mode': 'upsert', 'primary.key.mode': 'record_key' },
  ...{ 'schema.evolution': 'basic', 'collection.name.format': `to_${name}` },
  ...{ 'connection.pool.min_size': '1', 'connection.pool.max_size': '1', 'connection.pool.acquire_increment': '1' },
  ...JSON_OF_BOTH,
});

const STRUCT = {
  type: 'struct',
  fields: [
    { field: 'id', type: 'int32', optional: false },
    { field: 'note', type: 'string', optional: true },
  ],
};
const KEY = { ...STRUCT, fields: STRUCT.fields.slice(0, 1) };

export async function openKafkaBench(folder: string): Promise<KafkaBench & { readonly login: Login }> {
  await using parts = new AsyncDisposableStack();
  const stack = parts.use(await startTestStack({}, { registry: true }));
  const [broker, registry] = [stack.nodes.get('broker'), stack.nodes.get('registry')];
  if (broker === undefined || registry === undefined) throw new Error('a stack with a broker and a registry');
  const login = await secure(broker);
  const make = async (server: DatabaseServer, name: string) =>
    parts.adopt(await makeDatabase(server, name), (database) => database.close());
  const own = await make(stack.source, 'own');
  await make(stack.sink, 'copy');
  const kafka = kafkaClient(stack.brokers, 'plants');
  const [admin, producer] = [kafka.admin(), kafka.producer()];
  await Promise.all([admin.connect(), producer.connect()]);
  parts.defer(async () => void (await Promise.all([admin.disconnect(), producer.disconnect()])));
  const group = stack.workers.sink;
  const connect = openly(group);
  const [workers, env] = ['${env:WORKERS}', { WORKERS: workerAddress(stack, 'sink') }];
  const configs = new Map<string, Config>();
  const put = async (name: string, config: Config): Promise<void> => {
    const kept = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== ''));
    configs.set(name, kept);
    await connect.put(name, kept);
  };
  let row = 1;
  const moved = parts.move();
  return {
    ...{ stack, connect, admin, registry, login, workers, env },
    async source(name, more = {}) {
      await own.query(`CREATE TABLE t_${name} (id int PRIMARY KEY, note text); INSERT INTO t_${name} VALUES (1, 'a')`);
      await put(name, { ...sourceConfig(name, stack.source), ...more });
    },
    sink: (name, topics, more = {}) => put(name, { ...sinkConfig(name, stack.sink), topics, ...more }),
    configure: (name, change) => put(name, { ...configs.get(name), ...change }),
    async restart(name) {
      const restart = async (): Promise<boolean> =>
        (await askWorkers(group, 'POST', `/connectors/${name}/restart?includeTasks=true`)).ok;
      await until(restart, { what: `${name} to be started anew`, limitMs: 30_000 });
    },
    async write(name) {
      row += 1;
      await own.query(`INSERT INTO t_${name} (id, note) VALUES (${row}, 'b')`);
    },
    sql: async (text) => void (await own.query(text)),
    async send(topic) {
      const key = JSON.stringify({ schema: KEY, payload: { id: 1 } });
      await producer.send({
        topic,
        messages: [{ key, value: JSON.stringify({ schema: STRUCT, payload: { id: 1, note: 'a' } }) }],
      });
    },
    async allow(user, { topic, group: groupId, operations }, allowed = true) {
      const acls = operations.map((operation) => ({
        ...{ resourceType: topic === undefined ? AclResourceTypes.GROUP : AclResourceTypes.TOPIC },
        ...{ resourceName: topic ?? groupId ?? '', resourcePatternType: ResourcePatternTypes.LITERAL },
        ...{ principal: `User:${user}`, host: '*', permissionType: AclPermissionTypes.ALLOW },
        operation: AclOperationTypes[operation.toUpperCase() as 'READ' | 'WRITE' | 'DESCRIBE'],
      }));
      await (allowed ? admin.createAcls({ acl: acls }) : admin.deleteAcls({ filters: acls }));
    },
    async diagnose() {
      const host = { ...testHost(folder, () => Promise.reject(new Error('not to be run'))), env };
      await diagnoseCommand(['--connect', workers, '--brokers', stack.brokers.join(','), '--json'], host);
      return JSON.parse(host.out.join('')) as ClusterDiagnosis;
    },
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}
