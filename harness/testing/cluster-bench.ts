// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { connectorsCommand } from '#cli/connectors/command.ts';
import { diagnoseCommand } from '#cli/diagnose.ts';
import { connectClient } from '#clients/connect.ts';
import { kafkaClient, logBounds } from '#clients/kafka.ts';
import type { Database } from '#model/pipeline.ts';
import type { SetUpCause } from '#model/set-up.ts';
import type { End } from '#model/stack.ts';
import { explain, OperatorError } from '#std/errors.ts';
import { until } from '#std/wait.ts';
import { startCdcBench } from './cdc-bench.ts';
import { type TestHost, testHost } from './cli-host.ts';
import type { ConnectorPlant, PlantedAt } from './connector-plants.ts';
import { hasOpenssl, type OwnServer, speakTls, startOwnServer } from './own-server.ts';
import { BEATS } from './server-plants.ts';
import { askWorkers, openly } from './workers.ts';

interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** A Kafka Connect to which somebody deploys connectors by hand, and `driftlab diagnose` on it. */
export interface ClusterBench extends AsyncDisposable {
  readonly source: Database;
  readonly target: Database;
  /** Has a topic `feed.public.feed` be written by a connector that works. */
  feed(): Promise<void>;
  deploy(name: string, plant: ConnectorPlant): Promise<void>;
  break(name: string, plant: ConnectorPlant): Promise<void>;
  awaitRunning(end: End, names: readonly string[]): Promise<void>;
  /** Writes a row into each source's table. */
  write(): Promise<void>;
  /** Writes a row more where all sinks read, and waits until each of these has what was written there, and nothing else. */
  awaitEqual(sinks: readonly string[]): Promise<void>;
  /** Writes, and waits until the topic of each source connector has got something. */
  awaitCaptured(): Promise<void>;
  /** Does what a cause has a person do at a database, or in the configuration. */
  fix(name: string, plant: ConnectorPlant, cause: SetUpCause): Promise<void>;
  /** Runs a command that a cause names: of this program, or `curl` of the workers' interface. */
  run(plant: ConnectorPlant, line: string): Promise<void>;
  diagnose(end: End, ...more: readonly string[]): Promise<Ran>;
  /** `diagnose --fix`, as somebody who may do anything at the databases; `answer` is asked by connector and cause. */
  offer(end: End, answer: (name: string, code: string) => boolean): Promise<Ran>;
}

const workersAt = (end: End): string => `\${env:${end === 'source' ? 'C1' : 'C2'}}`;

async function diagnosed(args: readonly string[], host: TestHost): Promise<Ran> {
  const status = await diagnoseCommand(args, host).catch((error: unknown) => {
    if (!(error instanceof OperatorError)) throw error;
    host.err.push(explain(error));
    return error.exit;
  });
  return { status, out: host.out.join(''), err: host.err.join('') };
}

const LIMIT = { limitMs: 90_000, signal: new AbortController().signal };

/** Servers that are set otherwise than the stack's; with a certificate, where one can be made. */
async function otherServers(parts: AsyncDisposableStack): Promise<Readonly<Record<'limits' | 'replica', OwnServer>>> {
  const limits = parts.use(await startOwnServer({ max_replication_slots: '2', max_slot_wal_keep_size: '1MB' }));
  if (hasOpenssl()) await speakTls(limits.own);
  return { limits, replica: parts.use(await startOwnServer({ wal_level: 'replica' })) };
}

export async function openClusterBench(folder: string): Promise<ClusterBench> {
  await using parts = new AsyncDisposableStack();
  const bench = parts.use(await startCdcBench(folder));
  const others = await otherServers(parts);
  const after = parts.use(new AsyncDisposableStack());
  const { stack, source, target } = bench;
  const connect = { source: connectClient(stack.workers.source), sink: connectClient(stack.workers.sink) };
  const databaseOf = ({ end, at }: ConnectorPlant): Database =>
    at === undefined ? { source, sink: target }[end] : others[at].own;
  const producer = kafkaClient(stack.brokers, 'plants').producer();
  await producer.connect();
  parts.defer(() => producer.disconnect());
  const ask = (end: End, method: string, path: string): Promise<Response> =>
    askWorkers(stack.workers[end], method, path);
  const configOf = (name: string, { end, at, config = {} }: ConnectorPlant): Record<string, string> => {
    const { host, port } = at === undefined ? stack[end] : others[at].server;
    const base: Record<string, string> =
      end === 'source'
        ? {
            'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
            ...{ 'database.hostname': host, 'database.port': String(port), 'database.dbname': 'own' },
            ...{
              'database.user': name,
              'database.password': 'sesame',
              'topic.prefix': name,
              'plugin.name': 'pgoutput',
            },
            ...{ 'slot.name': name, 'publication.name': name, 'publication.autocreate.mode': 'filtered' },
            'table.include.list': `public.t_${name}`,
          }
        : {
            'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
            'connection.url': `jdbc:postgresql://${host}:${port}/${at === undefined ? 'copy' : 'own'}`,
            ...{ 'connection.username': name, 'connection.password': 'sesame', topics: 'feed.public.feed' },
            ...{ 'insert.mode': 'upsert', 'primary.key.mode': 'record_key', 'schema.evolution': 'basic' },
            ...{ 'collection.name.format': `to_${name}`, 'consumer.override.auto.offset.reset': 'earliest' },
            // Each connector has a pool, and the server a hundred connections.
            ...{
              'connection.pool.min_size': '1',
              'connection.pool.max_size': '1',
              'connection.pool.acquire_increment': '1',
            },
          };
    const more = Object.entries(config).map(([property, value]) => [
      property,
      value.replaceAll('%', name).replaceAll('SERVER', `${host}:${port}`),
    ]);
    return { ...base, ...Object.fromEntries(more) };
  };
  const sql = async (plant: ConnectorPlant, name: string, text = '') => {
    if (text !== '') await databaseOf(plant).query(text.replaceAll('%', name));
  };
  const deployed = (name: string, plant: ConnectorPlant): Promise<void> => {
    const config = configOf(name, plant);
    return plant.hidden === true
      ? connect[plant.end].put(name, config)
      : openly(stack.workers[plant.end]).put(name, config);
  };
  const hostOf = () => ({ ...testHost(folder, () => Promise.reject(new Error('not to be run'))), env: bench.env });
  const planted = (plant: ConnectorPlant): PlantedAt => ({
    ...{ source, target, own: databaseOf(plant), after, ask },
    send: async (topic, ...values) => {
      await producer.send({ topic, messages: values.map((value) => ({ key: value, value })) });
    },
    async copy(end, name, as, config) {
      await openly(stack.workers[end]).put(as, {
        ...(await openly(stack.workers[end]).config(name)),
        ...config,
        name: as,
      });
    },
  });
  const sources: { readonly name: string; readonly database: Database }[] = [];
  let written = 0;
  const write = async (): Promise<void> => {
    written += 1;
    for (const { name, database } of sources)
      await database.query(`INSERT INTO "t_${name}" VALUES (${100 + written}, 'b')`);
  };
  const moved = parts.move();
  return {
    ...{ source, target },
    async feed() {
      await source.query(`CREATE ROLE feed LOGIN REPLICATION PASSWORD 'sesame'; GRANT CREATE ON DATABASE own TO feed;
        CREATE TABLE feed (id int PRIMARY KEY, note text); ALTER TABLE feed OWNER TO feed; INSERT INTO feed VALUES (1, 'aa'), (2, 'a'), (3, 'aa')`);
      const plant: ConnectorPlant = {
        end: 'source',
        code: '',
        says: '',
        // Nothing is written to its table, and other tables are.
        config: { 'table.include.list': 'public.feed', ...BEATS },
      };
      await openly(stack.workers.source).put('feed', configOf('feed', plant));
      await connect.source.awaitState('feed', 'RUNNING', LIMIT);
    },
    async deploy(name, plant) {
      const { end, before } = plant;
      const database = databaseOf(plant);
      await database.query(
        end === 'source'
          ? `CREATE ROLE ${name} LOGIN REPLICATION PASSWORD 'sesame'; GRANT CREATE ON DATABASE own TO ${name};
             CREATE TABLE "t_${name}" (id int PRIMARY KEY, note text); ALTER TABLE "t_${name}" OWNER TO ${name}; INSERT INTO "t_${name}" VALUES (1, 'a')`
          : `CREATE ROLE ${name} LOGIN PASSWORD 'sesame'; GRANT CREATE ON SCHEMA public TO ${name}`,
      );
      await sql(plant, name, before);
      if (end === 'sink' && before?.includes('TABLE "to_%"') && !before.includes('OWNER'))
        await database.query(`ALTER TABLE "to_${name}" OWNER TO ${name}`);
      if (plant.late === true) await plant.plant?.(planted(plant), name);
      await deployed(name, plant);
      if (end === 'source' && plant.quiet !== true) sources.push({ name, database });
    },
    async break(name, plant) {
      const { end, broken } = plant;
      await sql(plant, name, broken);
      if (plant.plant !== undefined) await plant.plant(planted(plant), name);
      else if (broken !== undefined) await ask(end, 'POST', `/connectors/${name}/restart?includeTasks=true`);
    },
    async awaitRunning(end, names) {
      for (const name of names) await connect[end].awaitState(name, 'RUNNING', LIMIT);
    },
    write,
    async awaitEqual(sinks) {
      await source.query("INSERT INTO feed VALUES (1000, 'after')");
      const rows = (database: Database, table: string) => database.query(`SELECT id, note FROM ${table} ORDER BY id`);
      const wanted = JSON.stringify(await rows(source, 'feed'));
      let behind = sinks;
      const areEqual = async (): Promise<boolean> => {
        const equal = await Promise.all(
          sinks.map(async (name) => JSON.stringify(await rows(target, `"to_${name}"`)) === wanted),
        );
        behind = sinks.filter((_, at) => !equal[at]);
        return behind.length === 0;
      };
      await until(areEqual, { what: 'every sink to equal its source', ...LIMIT, saw: () => behind.join() });
    },
    async awaitCaptured() {
      const admin = kafkaClient(stack.brokers, 'plants').admin();
      await admin.connect();
      try {
        const topics = sources.map(({ name }) => `${name}.public.t_${name}`);
        const { ends: before } = await logBounds(admin, topics);
        await write();
        let behind: readonly string[] = [];
        const areThere = async (): Promise<boolean> => {
          const { ends } = await logBounds(admin, topics);
          behind = [...ends.keys()].filter((place) => (ends.get(place) ?? 0n) <= (before.get(place) ?? 0n));
          return behind.length === 0;
        };
        await until(areThere, { what: 'every source to be captured', ...LIMIT, saw: () => behind.join() });
      } finally {
        await admin.disconnect();
      }
    },
    async fix(name, plant, cause) {
      const { known = '', mend } = plant;
      const { fix } = cause;
      const filled = (text: string): string => text.replaceAll('%', name);
      if (fix.by === 'sql') for (const line of fix.run) await sql(plant, name, line.replace('…', filled(known)));
      if (plant.at !== undefined && fix.at.includes('start the server anew')) await others[plant.at].restart();
      await sql(plant, name, mend?.sql);
      await mend?.run?.(planted(plant), name, cause);
      if (mend?.config !== undefined) await deployed(name, { ...plant, config: mend.config });
    },
    async run(plant, line) {
      const [, statement] = /^psql … -c "(.+)"$/.exec(line) ?? [];
      if (statement !== undefined) {
        await databaseOf(plant).query(statement);
        return;
      }
      const [, words] = /^driftlab connectors (.+) --connect \S+$/.exec(line) ?? [];
      if (words !== undefined) {
        const status = await connectorsCommand([...words.split(' '), '--connect', workersAt(plant.end)], hostOf());
        if (status !== 0) throw new Error(`${line} ended with ${status}`);
        return;
      }
      const [, method = '', path = ''] = /^curl -X (\w+) 'http:\/\/[^/]+(\/[^']+)'$/.exec(line) ?? [];
      // A connector is stopped some time after its workers have said that it will be.
      let said = '';
      const isDone = async (): Promise<boolean> => {
        const answer = await ask(plant.end, method, path);
        said = await answer.text();
        return answer.ok;
      };
      await until(isDone, { what: line, limitMs: 30_000, saw: () => said });
    },
    diagnose: (end, ...more) =>
      diagnosed(
        [
          ...(more.includes('--connect') ? [] : ['--connect', workersAt(end), '--brokers', stack.brokers.join()]),
          ...more,
        ],
        hostOf(),
      ),
    offer(end, answer) {
      const host = hostOf();
      const ask = async (): Promise<string> => {
        const [, name = '', code = ''] = /^(\S+) \(\w+\):\n1?\d\. .* \(([\w-]+)\)$/m.exec(host.out.at(-1) ?? '') ?? [];
        return answer(name, code) ? 'y' : '';
      };
      const admin = ['--source-admin', '${env:SOURCE}', '--target-admin', '${env:TARGET}'];
      return diagnosed(['--connect', workersAt(end), '--fix', ...admin], { ...host, ask });
    },
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}
