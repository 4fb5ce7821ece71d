import type { Database } from '#model/pipeline.ts';
import type { SetUpCause } from '#model/set-up.ts';
import type { End } from '#model/stack.ts';
import { SERVER_PLANTS } from './server-plants.ts';

/** Where connectors of somebody's own are deployed, and what is broken for them. */
export interface PlantedAt {
  readonly source: Database;
  readonly target: Database;
  /** The database of the connector that is broken. */
  readonly own: Database;
  /** What is to be ended once all has been looked at. */
  readonly after: AsyncDisposableStack;
  /** Deploys another connector with the configuration of one that is there, but for what is given. */
  copy(end: End, name: string, as: string, config: Readonly<Record<string, string>>): Promise<void>;
  /** Asks the workers of one end. */
  ask(end: End, method: string, path: string): Promise<unknown>;
  /** Puts records into a topic. */
  send(topic: string, ...values: readonly string[]): Promise<void>;
}

/** A connector of somebody's own that stops working, and the cause that says why. */
export interface ConnectorPlant {
  readonly code: string;
  readonly end: End;
  /** A server that is set otherwise than the stack's: a source with few slots and little log kept, or one without logical decoding. */
  readonly at?: 'limits' | 'replica';
  /** It never runs: it is deployed when the others are broken. */
  readonly late?: true;
  /** Nothing is written to its table meanwhile. */
  readonly quiet?: true;
  /** It is named only after more than a minute, when the others are mended. */
  readonly slow?: true;
  /** Its password is a reference that only the workers can resolve: its database is not asked. */
  readonly hidden?: true;
  /** What differs from a configuration that works. */
  readonly config?: Readonly<Record<string, string>>;
  /** SQL at the connector's database before it is deployed; `%` stands for the connector's name. */
  readonly before?: string;
  /** The same once it runs; it is restarted then. */
  readonly broken?: string;
  /** What cannot be done in SQL; of one that is `late` before it is deployed. */
  plant?(at: PlantedAt, name: string): Promise<unknown>;
  /** A part of what the cause says. */
  readonly says: string;
  /** What stands for `…` in its statements. */
  readonly known?: string;
  /** What a person changes where the cause has no statement or command for it: of the configuration, or in SQL. */
  readonly mend?: {
    readonly config?: Readonly<Record<string, string>>;
    readonly sql?: string;
    run?(at: PlantedAt, name: string, cause: SetUpCause): Promise<unknown>;
  };
}

/** A table of the target's own, with one more thing to say of it. */
const table = (columns: string): string => `CREATE TABLE "to_%" (id int PRIMARY KEY, ${columns})`;
const published = {
  config: { 'publication.autocreate.mode': 'disabled' },
  before: 'CREATE PUBLICATION "%" FOR TABLE "t_%"',
};
const url = (rest: string) => ({ 'connection.url': `jdbc:${rest}` });
/** As it was before. */
const RIGHT = { config: {} };

const OF_SOURCES: readonly Omit<ConnectorPlant, 'end'>[] = [
  {
    code: 'source-password',
    broken: "ALTER ROLE % PASSWORD 'other'",
    ...{ says: 'refuses the password of %', known: 'sesame' },
  },
  {
    code: 'source-no-replication',
    broken: 'ALTER ROLE % NOREPLICATION',
    says: 'lacks the attribute REPLICATION',
  },
  {
    code: 'source-table-unreadable',
    broken: 'ALTER TABLE "t_%" OWNER TO CURRENT_USER; REVOKE ALL ON "t_%" FROM %',
    says: 'may not read public.t_%',
  },
  {
    ...{ code: 'publication-missing', ...published },
    broken: 'DROP PUBLICATION "%"',
    says: 'The publication % is gone',
  },
  {
    ...{ code: 'publication-lacks-table', ...published },
    broken: 'ALTER PUBLICATION "%" DROP TABLE "t_%"',
    says: 'lacks public.t_%',
  },
  {
    code: 'slot-missing',
    async plant({ source, ask }, name) {
      await ask('source', 'PUT', `/connectors/${name}/stop`);
      await source.query(`DO $$ BEGIN WHILE EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '${name}' AND active)
        LOOP PERFORM pg_sleep(0.05); END LOOP; PERFORM pg_drop_replication_slot('${name}'); END $$`);
    },
    says: 'The replication slot % is gone',
  },
  {
    ...{ code: 'connector-publication-missing', hidden: true, ...published },
    broken: 'DROP PUBLICATION "%"',
    says: 'There is no publication %',
  },
  {
    code: 'connector-record-too-large',
    config: { 'producer.override.max.request.size': '100000' },
    plant: ({ source }, name) =>
      source.query(
        `INSERT INTO "t_${name}" SELECT 9, string_agg(md5(i::text), '') FROM generate_series(1, 10000) AS i`,
      ),
    says: 'is too large',
    mend: { config: { 'producer.override.max.request.size': '1000000' } },
  },
  {
    code: 'source-connector-halted',
    plant: ({ ask }, name) => ask('source', 'PUT', `/connectors/${name}/pause`),
    says: '% is PAUSED',
  },
];

const OF_SINKS: readonly Omit<ConnectorPlant, 'end'>[] = [
  {
    ...{ code: 'target-host-unknown', config: url('postgresql://nowhere.invalid/copy') },
    ...{ says: 'knows nowhere.invalid', mend: RIGHT },
  },
  {
    ...{ code: 'connector-host-unknown', hidden: true, config: url('postgresql://nowhere.invalid/copy') },
    ...{ says: 'know no host nowhere.invalid', mend: RIGHT },
  },
  {
    ...{ code: 'target-unreachable', config: url('postgresql://127.0.0.1:1/copy') },
    ...{ says: '127.0.0.1:1', mend: RIGHT },
  },
  {
    ...{ code: 'connector-database-unreachable', hidden: true, config: url('postgresql://127.0.0.1:1/copy') },
    ...{ says: '127.0.0.1:1', mend: RIGHT },
  },
  {
    ...{ code: 'target-password', before: "ALTER ROLE % PASSWORD 'other'" },
    ...{ says: 'refuses the password of %', known: 'sesame' },
  },
  {
    ...{ code: 'connector-password', hidden: true, before: "ALTER ROLE % PASSWORD 'other'" },
    ...{ says: 'refuses the password of %', known: 'sesame' },
  },
  {
    ...{ code: 'target-no-database', config: url('postgresql://SERVER/nowhere') },
    ...{ says: 'has no database nowhere', mend: RIGHT },
  },
  {
    ...{ code: 'connector-no-database', hidden: true, config: url('postgresql://SERVER/nowhere') },
    ...{ says: 'no database nowhere', mend: RIGHT },
  },
  {
    ...{ code: 'connector-tls-refused', config: url('postgresql://SERVER/copy?sslmode=require') },
    ...{ says: 'wants TLS', mend: RIGHT },
  },
  {
    ...{ code: 'connector-driver-missing', config: url('db2://SERVER/copy') },
    ...{ says: 'no JDBC driver', mend: RIGHT },
  },
  {
    ...{ code: 'connector-too-many-connections', hidden: true, before: 'ALTER ROLE % CONNECTION LIMIT 0' },
    says: 'no connection left for %',
  },
  {
    ...{ code: 'target-no-connection-left', before: 'ALTER ROLE % CONNECTION LIMIT 0' },
    says: 'no connection left for %',
  },
  { code: 'sink-check', before: table("note text CHECK (note <> 'a')"), says: 'check constraint' },
  {
    code: 'sink-not-null',
    before: table('note text, more text NOT NULL'),
    says: 'is NOT NULL',
  },
  { code: 'sink-unique', before: table('note text UNIQUE'), says: 'unique constraint' },
  {
    ...{ code: 'sink-column-missing', config: { 'schema.evolution': 'none' }, before: table('more int') },
    ...{ says: 'lacks a column', mend: { sql: 'ALTER TABLE "to_%" ADD note text' } },
  },
  {
    ...{ code: 'sink-table-missing', config: { 'schema.evolution': 'none' }, says: 'has no table to_%' },
    mend: { sql: `${table('note text')}; ALTER TABLE "to_%" OWNER TO %` },
  },
  {
    code: 'sink-right-missing',
    before: `${table('note text')}; ALTER TABLE "to_%" OWNER TO CURRENT_USER`,
    says: 'lacks a privilege',
  },
  {
    code: 'sink-foreign-key',
    before: `CREATE TABLE "of_%" (note text PRIMARY KEY); ${table('note text REFERENCES "of_%"')}`,
    says: 'foreign key',
  },
  {
    code: 'sink-column-narrower',
    before: table('note varchar(1)'),
    says: 'too narrow',
    mend: { sql: 'ALTER TABLE "to_%" ALTER note TYPE text' },
  },
  {
    ...{ code: 'connector-value-refused', before: table('note uuid'), says: 'is of type uuid' },
    mend: { sql: 'ALTER TABLE "to_%" ALTER note TYPE text' },
  },
  {
    ...{ code: 'sink-generated-column', before: table("note text GENERATED ALWAYS AS ('x') STORED") },
    ...{ says: 'GENERATED ALWAYS', mend: { sql: 'ALTER TABLE "to_%" ALTER note DROP EXPRESSION' } },
  },
  {
    ...{ code: 'connector-poison-record', config: { topics: 'poison_%' } },
    plant: ({ send }, name) => send(`poison_${name}`, 'no JSON at all'),
    ...{ says: 'has died of a record', mend: { config: { topics: 'poison_%', 'errors.tolerance': 'all' } } },
  },
  {
    code: 'sink-connector-halted',
    plant: ({ ask }, name) => ask('sink', 'PUT', `/connectors/${name}/stop`),
    says: '% is STOPPED',
  },
];

export const CONNECTOR_PLANTS: readonly ConnectorPlant[] = [
  ...OF_SOURCES.map((plant) => ({ ...plant, end: 'source' as const })),
  ...OF_SINKS.map((plant) => ({ ...plant, end: 'sink' as const })),
  ...SERVER_PLANTS,
];
