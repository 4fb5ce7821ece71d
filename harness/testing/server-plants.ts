import pg from 'pg';
import type { Database } from '#model/pipeline.ts';
import { until } from '#std/wait.ts';
import type { ConnectorPlant, PlantedAt } from './connector-plants.ts';
import { admitBy, hasOpenssl, mountSmall, mountsDisks } from './own-server.ts';

/** By its defaults a connector waits a minute for a slot, and tries for ever what a server refuses, and is said to run. */
const SOON = { 'slot.max.retries': '1', 'slot.retry.delay.ms': '100', 'errors.max.retries': '0' };

/** As the cause of one that does not says, and sooner. */
export const BEATS = {
  'heartbeat.interval.ms': '100',
  'heartbeat.action.query': "SELECT pg_logical_emit_message(false, 'heartbeat', now()::text)",
};

/** A connector gives up making its slot after a minute and a half, in seconds. */
const PATIENT = { 'create.slot.command.timeout': '600' };

/** Sends no request, and has the slot to itself once nobody reads it. */
async function stopped({ ask, own }: PlantedAt, name: string): Promise<void> {
  await ask('source', 'PUT', `/connectors/${name}/stop`);
  const free = `SELECT 1 FROM pg_replication_slots WHERE slot_name = '${name}' AND NOT active`;
  await until(async () => (await own.query(free)).length === 1, { what: `${name} to be free`, limitMs: 30_000 });
}

const resume = ({ ask }: PlantedAt, name: string) => ask('source', 'PUT', `/connectors/${name}/resume`);

/** Has a connector that is stopped capture anew. */
async function reset({ ask }: PlantedAt, name: string): Promise<void> {
  const isGone = async () => ((await ask('source', 'DELETE', `/connectors/${name}/offsets`)) as Response).ok;
  await until(isGone, { what: `the offsets of ${name} to be gone`, limitMs: 30_000 });
  await ask('source', 'PUT', `/connectors/${name}/resume`);
}

/** Has the server remove log that a slot still needs, while its connector is stopped. */
async function overrun(at: PlantedAt, name: string): Promise<void> {
  await stopped(at, name);
  const lost = `SELECT 1 FROM pg_replication_slots WHERE slot_name = '${name}' AND wal_status = 'lost'`;
  const isLost = async () => {
    await at.own.query("SELECT pg_logical_emit_message(false, 'x', 'x'), pg_switch_wal()");
    await at.own.query('CHECKPOINT');
    return (await at.own.query(lost)).length > 0;
  };
  await until(isLost, { what: 'the log to be removed', limitMs: 30_000 });
  await resume(at, name);
}

/** Reads a connector's slot in its place. */
async function occupy(at: PlantedAt, name: string): Promise<void> {
  await stopped(at, name);
  const client = await session(at, at.own, { application_name: 'reader of mine', replication: 'database' });
  const options = `(proto_version '1', publication_names '${name}')`;
  client.query(`START_REPLICATION SLOT ${name} LOGICAL 0/0 ${options}`).catch(() => {});
  const active = `SELECT 1 FROM pg_replication_slots WHERE slot_name = '${name}' AND active`;
  await until(async () => (await at.own.query(active)).length === 1, { what: 'a reader', limitMs: 10_000 });
  await resume(at, name);
}

/** A connection of its own, that lasts until somebody ends it. */
async function session({ after }: PlantedAt, on: Database, options: object): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: on.url, ...options } as pg.ClientConfig);
  client.on('error', () => {});
  await client.connect();
  after.defer(() => client.end().catch(() => {}));
  return client;
}

/** Leaves a transaction open that holds what the connector needs. */
async function hold(at: PlantedAt, sql: string): Promise<void> {
  const client = await session(at, at.own, { application_name: 'psql' });
  await client.query('BEGIN');
  await client.query(sql);
}

/** Has the server write some 160 MB of log, of which nothing is captured. */
async function writeElsewhere({ own }: PlantedAt): Promise<void> {
  await own.query('CREATE TABLE elsewhere (id int PRIMARY KEY)');
  for (let segment = 0; segment < 10; segment += 1) {
    await own.query(`INSERT INTO elsewhere VALUES (${segment})`);
    await own.query('SELECT pg_switch_wal()');
  }
}

/** What the server's superuser may do for a table's owner alone. */
const foreign = 'ALTER TABLE "t_%" OWNER TO CURRENT_USER; GRANT SELECT ON "t_%" TO %';

const OF_SOURCES: readonly Omit<ConnectorPlant, 'end'>[] = [
  {
    code: 'connectors-share-slot',
    plant: ({ copy }, name) => copy('source', name, `${name}_too`, { 'topic.prefix': `${name}_too` }),
    says: 'have the same slot',
    mend: {
      // What the cause says of one of the two.
      run: async (at, name) => {
        const other = `${name}_too`;
        await at.ask('source', 'PUT', `/connectors/${other}/stop`);
        await at.copy('source', name, other, { 'topic.prefix': other, 'slot.name': other });
        await reset(at, other);
      },
    },
  },
  {
    ...{ code: 'replica-identity-nothing', broken: 'ALTER TABLE "t_%" REPLICA IDENTITY NOTHING' },
    says: 'the source refuses every UPDATE and DELETE of it',
  },
  {
    ...{ code: 'heartbeat-missing', quiet: true, slow: true, plant: writeElsewhere },
    ...{ says: "The source's WAL grows behind the slot %", mend: { config: BEATS } },
  },
  {
    ...{ code: 'connector-slot-busy', hidden: true, config: SOON },
    ...{ plant: occupy, says: 'cannot read the replication slot %' },
    mend: { sql: "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '%'" },
  },
  {
    ...{ code: 'connector-no-replication', hidden: true, config: SOON },
    broken: 'ALTER ROLE % NOREPLICATION',
    says: 'lacks the attribute REPLICATION',
  },
  {
    ...{ code: 'connector-log-gone', hidden: true, config: SOON },
    plant: ({ copy }, name) => copy('source', name, name, { 'slot.name': `${name}_new` }),
    says: 'removed the log from which % was to go on',
  },
  {
    ...{ code: 'connector-publication-not-allowed', hidden: true, late: true, before: foreign },
    says: 'may not make its publication',
  },
  {
    ...{ code: 'slot-lost', at: 'limits', plant: overrun },
    says: 'The server has removed log that the replication slot % needs',
  },
  {
    ...{
      code: 'slot-waits',
      at: 'limits',
      late: true,
      config: PATIENT,
      plant: (at) => hold(at, 'SELECT pg_current_xact_id()'),
    },
    says: 'The slot cannot be made while a transaction of process',
  },
  {
    ...{ code: 'connector-slots-used-up', at: 'limits', hidden: true, late: true, config: SOON },
    ...{ says: 'All replication slots', known: '9' },
  },
  {
    ...{ code: 'connector-wal-level', at: 'replica', hidden: true, late: true, config: SOON },
    says: 'wal_level is not logical',
  },
  {
    ...{ code: 'source-table-locked', late: true, quiet: true },
    plant: (at, name) => hold(at, `LOCK TABLE "t_${name}" IN ACCESS EXCLUSIVE MODE`),
    // Its connector waits for a minute and a half, and has given up then.
    says: 'locked at the source',
  },
];

/** A source connector that cannot connect when it starts anew tries again every ten seconds, and is said to run. */
const OF_SINKS: readonly Omit<ConnectorPlant, 'end'>[] = [
  {
    ...{ code: 'connector-not-admitted', hidden: true, late: true },
    plant: async ({ own, after }, name) => after.defer(await admitBy(own, `host all ${name} 127.0.0.1/32 reject`)),
    says: 'does not let % in from 127.0.0.1',
    mend: { run: ({ own }, _, { fix }) => admitBy(own, fix.run[0] ?? '') },
  },
  {
    ...{ code: 'connector-tls-wanted', at: 'limits', hidden: true, late: true },
    config: { 'connection.url': 'jdbc:postgresql://SERVER/own?sslmode=disable' },
    plant: async ({ own, after }, name) => {
      const lines = [`hostssl all ${name} 127.0.0.1/32 scram-sha-256`, `host all ${name} all reject`];
      after.defer(await admitBy(own, ...lines));
    },
    says: 'does not let % in without TLS',
    mend: { config: { 'connection.url': 'jdbc:postgresql://SERVER/own?sslmode=require' } },
  },
  {
    ...{ code: 'connector-disk-full', late: true, plant: fill },
    ...{ says: 'A disk is full at the target', mend: { sql: 'DROP TABLE filler' } },
  },
  {
    ...{ code: 'connector-time-zone-unknown', hidden: true, late: true },
    config: { 'connection.url': 'jdbc:postgresql://SERVER/copy?options=-ctimezone=Mars/Phobos' },
    says: 'knows no time zone Mars/Phobos',
    mend: { config: {} },
  },
];

/** Fills the disk on which the sink's table is. */
async function fill({ own, after }: PlantedAt, name: string): Promise<void> {
  await mountSmall(own, after);
  await own.query(`CREATE TABLE "to_${name}" (id int PRIMARY KEY, note text) TABLESPACE small;
    ALTER TABLE "to_${name}" OWNER TO ${name}; CREATE TABLE filler (text text) TABLESPACE small`);
  await own.query(`DO $$ BEGIN LOOP INSERT INTO filler SELECT repeat('x', 1000) FROM generate_series(1, 8); END LOOP;
    EXCEPTION WHEN disk_full THEN NULL; END $$`);
}

/** What is not to be had here: a server that speaks TLS without openssl, and a disk that may be filled. */
const lacks: Readonly<Record<string, () => boolean>> = {
  'connector-tls-wanted': () => !hasOpenssl(),
  'connector-disk-full': () => !mountsDisks(),
};

/** What is wrong at the servers of connectors, and cannot be in SQL alone, or not at a server where others run. */
export const SERVER_PLANTS: readonly ConnectorPlant[] = [
  ...OF_SOURCES.map((plant) => ({ ...plant, end: 'source' as const })),
  ...OF_SINKS.filter(({ code }) => lacks[code]?.() !== true).map((plant) => ({ ...plant, end: 'sink' as const })),
];
