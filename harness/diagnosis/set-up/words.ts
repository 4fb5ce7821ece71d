import { tableId } from '#model/catalog.ts';
import type { SetUpFacts, SetUpFix } from '#model/set-up.ts';
import type { SetUpEntry, SetUpFound } from './entry.ts';
import { quoted, quotedTable } from './sql.ts';
import { evidenceOf, type Failed, failedConnectors } from './traces.ts';

const KAFKA = 'https://kafka.apache.org/documentation';
const POSTGRES = 'https://www.postgresql.org/docs/current';
const DEBEZIUM = 'https://debezium.io/documentation/reference/stable/connectors';

/** What servers say to a connector's task, which may reach others than whoever asks, and as another user. */
const SEEN_ON = 'Debezium 3.5.0, Kafka 4.3.1, PostgreSQL 18.4, pgjdbc 42.7';

/** What a connector's own trace says, and what it means. */
export interface Said {
  readonly code: string;
  readonly title: string;
  readonly docs: string;
  /** Its words are taken from a library's or a server's source: they were never seen here. */
  readonly reported?: true;
  /** Over a whole trace: a server's words, or a library's. */
  readonly pattern: RegExp;
  /** What else must be so, where the words alone do not show it. */
  applies?(match: RegExpExecArray, failed: Failed, facts: SetUpFacts): boolean;
  says(match: RegExpExecArray, failed: Failed): string;
  fix(match: RegExpExecArray, failed: Failed, facts: SetUpFacts): SetUpFix;
  notes?(match: RegExpExecArray, failed: Failed): readonly string[];
}

const DATABASE = { source: 'the source', sink: 'the target' } as const;

const atDatabase = ({ side }: Failed, facts: SetUpFacts, as: string): string => {
  const place = (side === 'source' ? facts.source : facts.target)?.place;
  return `${DATABASE[side]}${place === undefined ? '' : ` ${place.where.replace(/^.*@/, '')}`}, ${as}`;
};

export const inConfiguration = ({ read }: Failed, ...run: readonly string[]): SetUpFix => ({
  ...{ by: 'hand', at: `the configuration of ${read.name}`, run },
});

const addressOf = ({ side, read: { config = {} } }: Failed): string => {
  const property = side === 'source' ? 'database.hostname' : 'connection.url';
  return `${property}=${config[property] ?? '…'}`;
};

const userOf = ({ side, read: { config = {} } }: Failed): string =>
  (side === 'source' ? config['database.user'] : config['connection.username']) ?? '…';

/** It is told to speak without TLS, whatever the server offers. */
const refusesTls = ({ read: { config = {} } }: Failed): boolean =>
  config['database.sslmode'] === 'disable' || /[?&]sslmode=disable/.test(config['connection.url'] ?? '');

const superuser = (...run: readonly string[]) => {
  return (failed: Failed, facts: SetUpFacts): SetUpFix => ({
    ...{ by: 'sql', at: atDatabase(failed, facts, 'as a superuser'), run },
  });
};

/** Where the connector writes, and that a type fits: `"public"."items" ALTER COLUMN "note"`; what is not known is `…`. */
function columnsOf(type: string, { failures }: Failed, { target }: SetUpFacts): readonly string[] {
  const trace = failures.map((failure) => failure.trace).join('\n');
  const [, into = '…'] = /INSERT INTO ((?:"[^"]+"\.)?"[^"]+")/.exec(trace) ?? [];
  const tables = target !== undefined && 'read' in target ? (target.read.state?.tables ?? []) : [];
  const written = tables.find((table) => [quotedTable(tableId(table)), quoted(table.name)].includes(into));
  const columns = (written?.columns ?? []).filter((column) => column.type === type);
  return (columns.length === 0 ? ['…'] : columns.map(({ name }) => quoted(name))).map(
    (column) => `${into} ALTER COLUMN ${column}`,
  );
}

const REACH: readonly Said[] = [
  {
    code: 'connector-host-unknown',
    title: "No name server of the workers' knows the host of a connector's database.",
    docs: `${DEBEZIUM}/postgresql.html#postgresql-property-database-hostname`,
    pattern: /UnknownHostException: (\S+)/,
    says: ([, host], { side, read }) => `The workers of ${read.name} know no host ${host}, that of ${DATABASE[side]}.`,
    fix: (_, failed) => inConfiguration(failed, `correct the host: ${addressOf(failed)}`),
    notes: () => ['a host that is known here may not be known where the workers run, as in a container'],
  },
  {
    code: 'connector-database-unreachable',
    title: "Nothing answers the workers at the host and the port of a connector's database.",
    docs: `${POSTGRES}/server-start.html#CLIENT-CONNECTION-PROBLEMS`,
    pattern:
      /Connection to (\S+) refused|Communications link failure|Socket fail to connect to (?:host:)?(\S+)|(?:connect|Connect) timed out/,
    says: ([, host = '', other = ''], { side, read }) =>
      `${DATABASE[side].replace('t', 'T')} does not answer ${read.name}${host || other ? ` at ${host || other}` : ''}.`,
    fix: (_, failed) => inConfiguration(failed, `start the server, or correct the address: ${addressOf(failed)}`),
    notes: () => ['localhost is the worker itself'],
  },
  {
    code: 'connector-password',
    title: "A connector's database refuses its user's password.",
    docs: `${POSTGRES}/client-authentication-problems.html`,
    pattern:
      /password authentication failed for user "([^"]+)"|Access denied for user '([^']+)'|Login failed for user '([^']+)'/,
    says: ([, ...users], { side, read }) =>
      `${DATABASE[side].replace('t', 'T')} refuses the password of ${users.join('')} that ${read.name} has.`,
    fix: ([, user], failed, facts) =>
      user === undefined
        ? inConfiguration(failed, 'correct user and password')
        : superuser(`ALTER ROLE ${quoted(user)} PASSWORD '…'`)(failed, facts),
    notes: (_, failed) => [`or correct the password in the configuration of ${failed.read.name}`],
  },
  {
    code: 'connector-tls-refused',
    title: 'A connector wants TLS of a database that speaks without.',
    docs: `${POSTGRES}/ssl-tcp.html`,
    pattern: /The server does not support SSL|does not support SSL|Server does not support TLS/i,
    says: (_, { side, read }) => `${read.name} wants TLS, and ${DATABASE[side]} speaks without.`,
    fix: (_, failed) =>
      inConfiguration(
        failed,
        failed.side === 'source' ? 'database.sslmode=prefer' : 'connection.url without sslmode=require',
      ),
    notes: () => ['or switch TLS on at the server: ssl = on, with a certificate'],
  },
  {
    code: 'connector-tls-wanted',
    title: "A connector's database lets it in with TLS alone.",
    docs: `${POSTGRES}/auth-pg-hba-conf.html`,
    pattern: /Connections using insecure transport are prohibited|pg_hba\.conf [^\n]*no encryption/,
    applies: ([said], failed) => !said.startsWith('pg_hba') || refusesTls(failed),
    says: (_, { side, read }) => `${DATABASE[side].replace('t', 'T')} does not let ${read.name} in without TLS.`,
    fix: ([said], failed) => {
      const [own, jdbc] = said.startsWith('pg_hba')
        ? ['database.sslmode=require', '?sslmode=require']
        : ['database.ssl.mode=required', '?sslMode=REQUIRED'];
      return inConfiguration(failed, failed.side === 'source' ? own : `connection.url with ${jdbc}`);
    },
    notes: ([said]) =>
      said.startsWith('pg_hba')
        ? ['or admit it without: a line of host or hostnossl before the one that refuses it']
        : [],
  },
  {
    code: 'connector-not-admitted',
    title: "A connector's database does not let its user in from the worker's host.",
    docs: `${POSTGRES}/auth-pg-hba-conf.html`,
    pattern:
      /pg_hba\.conf rejects [^\n]*?host "([^"]+)", user "([^"]+)"|no pg_hba\.conf entry for [^\n]*?host "([^"]+)", user "([^"]+)"/,
    applies: (_, failed) => !refusesTls(failed),
    says: ([, a, b, c, d], { side, read }) =>
      `${DATABASE[side].replace('t', 'T')} does not let ${b ?? d} in from ${a ?? c}, where ${read.name} runs.`,
    fix: ([, a, b, c, d], failed, facts) => ({
      by: 'hand',
      at: atDatabase(failed, facts, 'before the line of pg_hba.conf that refuses it; then SELECT pg_reload_conf()'),
      run: [`host all ${quoted(b ?? d ?? '')} ${a ?? c}/${(a ?? c)?.includes(':') ? 128 : 32} scram-sha-256`],
    }),
    notes: () => [
      'or with TLS, where a line of hostssl admits it: database.sslmode=require, or ?sslmode=require in connection.url',
    ],
  },
  {
    code: 'connector-time-zone-unknown',
    title: "A connector's database does not know the time zone that its connection asks for.",
    docs: `${POSTGRES}/datatype-datetime.html#DATATYPE-TIMEZONES`,
    pattern: /invalid value for parameter "TimeZone": "([^"]+)"/,
    says: ([, zone], { side, read }) =>
      `${DATABASE[side].replace('t', 'T')} knows no time zone ${zone}, which ${read.name} asks for when it connects.`,
    fix: (_, failed) =>
      inConfiguration(
        failed,
        failed.side === 'source'
          ? 'without the zone in driver.options'
          : 'connection.url without the zone in its options',
      ),
    notes: () => [
      "where it is not in the configuration, it is the workers' own: -Duser.timezone=UTC in KAFKA_OPTS",
      "SELECT name FROM pg_timezone_names lists what the server knows; its machine's package of time zones may lack older names",
    ],
  },
  {
    code: 'connector-no-database',
    title: "A connector's server has no database of the name that it is given.",
    docs: `${POSTGRES}/client-authentication-problems.html`,
    pattern: /database "([^"]+)" does not exist|Unknown database '([^']+)'/,
    says: ([, a, b], { side, read }) =>
      `There is no database ${a ?? b} at ${DATABASE[side]}, and ${read.name} names it.`,
    fix: ([, a, b], failed) =>
      inConfiguration(
        failed,
        failed.side === 'source' ? `correct database.dbname=${a ?? b}` : `correct the database in ${addressOf(failed)}`,
      ),
  },
  {
    code: 'connector-too-many-connections',
    title: "A connector's database has no connection left for it.",
    docs: `${POSTGRES}/runtime-config-connection.html#GUC-MAX-CONNECTIONS`,
    pattern:
      /sorry, too many clients already|remaining connection slots are reserved[^\n]*|too many connections for (role|database) "([^"]+)"|Too many connections/,
    says: ([said], { side, read }) =>
      `${DATABASE[side].replace('t', 'T')} has no connection left for ${read.name}: ${said}.`,
    fix: ([, kind, name = ''], failed, facts) =>
      kind === undefined
        ? {
            by: 'sql',
            at: atDatabase(failed, facts, 'as a superuser; then start the server anew'),
            run: ['ALTER SYSTEM SET max_connections = …'],
          }
        : superuser(`ALTER ${kind.toUpperCase()} ${quoted(name)} CONNECTION LIMIT -1`)(failed, facts),
    notes: () => ['SELECT usename, application_name, count(*) FROM pg_stat_activity GROUP BY 1, 2 says who has them'],
  },
  {
    code: 'connector-driver-missing',
    title: 'The workers have no JDBC driver for the URL of a sink connector.',
    docs: `${DEBEZIUM}/jdbc.html#jdbc-deployment`,
    pattern:
      /No suitable driver(?: found for (\S+))?|Unable to (?:load|find) (?:class|driver)[^\n]*?([\w.]+Driver)|ClassNotFoundException: ([\w.]+Driver)/,
    says: (_, { read }) => `The workers of ${read.name} have no JDBC driver for its connection.url.`,
    fix: (_, { place }) => ({
      by: 'hand',
      at: `every worker of ${place.where}`,
      run: ["put the driver's jar into the folder of the sink's plugin, and start the worker anew"],
    }),
    notes: (_, failed) => [`or correct ${addressOf(failed)}`],
  },
];

const CAPTURE: readonly Said[] = [
  {
    code: 'connector-slot-busy',
    title: "Somebody else reads a connector's replication slot: two connectors share one.",
    docs: `${DEBEZIUM}/postgresql.html#postgresql-property-slot-name`,
    pattern: /replication slot "([^"]+)" is active for PID (\d+)/,
    says: ([, slot, pid], { read }) =>
      `${read.name} cannot read the replication slot ${slot}: process ${pid} of the server reads it already.`,
    fix: (_, failed) => inConfiguration(failed, 'give each connector a slot.name of its own'),
    notes: ([, slot]) => [
      `SELECT pid, usename, application_name, client_addr FROM pg_stat_replication says who reads ${slot}`,
      'what one of two readers has confirmed is not sent to the other one',
    ],
  },
  {
    code: 'connector-no-replication',
    title: "A source connector's user may not read the server's log.",
    docs: `${DEBEZIUM}/postgresql.html#postgresql-permissions`,
    pattern: /permission denied to (?:start WAL sender|use replication slots)|must be superuser or replication role/,
    says: (_, failed) => `${userOf(failed)}, the user of ${failed.read.name}, lacks the attribute REPLICATION.`,
    fix: (_, failed, facts) => superuser(`ALTER ROLE ${quoted(userOf(failed))} REPLICATION`)(failed, facts),
  },
  {
    code: 'connector-wal-level',
    title: "A source connector's server does not write what logical decoding needs: wal_level is not logical.",
    docs: `${POSTGRES}/runtime-config-wal.html#GUC-WAL-LEVEL`,
    pattern: /logical decoding requires "?wal_level"? >= "?logical"?|server wal_level property must be 'logical'/i,
    says: (_, { read }) => `wal_level is not logical at the source of ${read.name}.`,
    fix: (_, failed, facts) => ({
      ...{ by: 'sql', at: atDatabase(failed, facts, 'as a superuser; then start the server anew') },
      run: ['ALTER SYSTEM SET wal_level = logical'],
    }),
  },
  {
    code: 'connector-slots-used-up',
    title: "A source connector's server has no replication slot left.",
    docs: `${POSTGRES}/runtime-config-replication.html#GUC-MAX-REPLICATION-SLOTS`,
    pattern: /all replication slots are in use/,
    says: (_, { read }) => `All replication slots of the source of ${read.name} are in use.`,
    fix: (_, failed, facts) => ({
      ...{ by: 'sql', at: atDatabase(failed, facts, 'as a superuser; then start the server anew') },
      run: ['ALTER SYSTEM SET max_replication_slots = …'],
    }),
    notes: () => ['SELECT slot_name FROM pg_replication_slots WHERE NOT active lists those that nobody reads'],
  },
  {
    code: 'connector-log-gone',
    title: "The server has removed the log at a source connector's position.",
    docs: `${DEBEZIUM}/postgresql.html#postgresql-connector-fails`,
    pattern:
      /no longer available on the server|can no longer (?:get changes from|access) replication slot "([^"]+)"|Could not find first log file name in binary log index file/,
    says: (_, { read }) => `The source has removed the log from which ${read.name} was to go on.`,
    fix: (_match, _failed, { pipeline: { commands } }) => ({ by: 'command', at: commands.at, run: commands.anew }),
    notes: () => ['what was committed since then is in no stream: compare source and target with driftlab reconcile'],
  },
  {
    code: 'connector-publication-missing',
    title: "A source connector's publication is not there, and it is not to make one.",
    docs: `${DEBEZIUM}/postgresql.html#postgresql-property-publication-autocreate-mode`,
    pattern: /Publication autocreation is disabled|publication "([^"]+)" does not exist/,
    says: (_, { read: { name, config = {} } }) =>
      `There is no publication ${config['publication.name'] ?? 'dbz_publication'} at the source of ${name}.`,
    fix: (_, failed, facts) => {
      const { config = {} } = failed.read;
      const name = quoted(config['publication.name'] ?? 'dbz_publication');
      const tables = config['table.include.list'] ?? '…';
      return {
        ...{ by: 'sql', at: atDatabase(failed, facts, "as the tables' owner") },
        run: [`CREATE PUBLICATION ${name} FOR TABLE ${tables}`],
      };
    },
    notes: () => ['or have the connector make it: publication.autocreate.mode=filtered'],
  },
  {
    code: 'connector-publication-not-allowed',
    title: "A source connector's user may not make its publication.",
    docs: `${DEBEZIUM}/postgresql.html#postgresql-replication-user-privileges`,
    pattern:
      /Unable to create[^\n]*publication[\s\S]*?(permission denied for database \S+|must be (?:owner of table \S+|superuser[^\n]*))/,
    says: ([, why], failed) =>
      `${userOf(failed)}, the user of ${failed.read.name}, may not make its publication: ${why}.`,
    fix: (_, failed, facts) => {
      const { config = {} } = failed.read;
      const name = quoted(config['publication.name'] ?? 'dbz_publication');
      const tables = config['table.include.list'];
      const what = tables === undefined ? 'ALL TABLES' : `TABLE ${tables}`;
      return superuser(`CREATE PUBLICATION ${name} FOR ${what}`)(failed, facts);
    },
    notes: () => ['or let it: CREATE on the database, and membership in the role that owns the tables'],
  },
];

const LOG: readonly Said[] = [
  {
    code: 'connector-record-too-large',
    title: 'A record is larger than the producer, or the topic, takes.',
    docs: `${KAFKA}/#producerconfigs_max.request.size`,
    pattern: /RecordTooLargeException: ([^\n]*)/,
    says: ([, said], { read }) => `A record of ${read.name} is too large: ${said}`,
    fix: (_, failed) => inConfiguration(failed, 'producer.override.max.request.size=…'),
    notes: () => [
      'the topic (max.message.bytes) and its readers (max.partition.fetch.bytes) must take it as well',
      'the workers allow it by connector.client.config.override.policy=All',
    ],
  },
  {
    code: 'connector-value-refused',
    title: "A column of the target's is of a type that does not take what the source has.",
    docs: `${POSTGRES}/datatype.html`,
    pattern: /ERROR: (invalid input syntax for type ([a-z][a-z ]*): "[^"\n]*"?)/,
    applies: (_, { side }) => side === 'sink',
    says: ([, , type], { read }) =>
      `A column that ${read.name} writes is of type ${type}, and the source has other values.`,
    fix: ([, , type = ''], failed, facts) => ({
      ...{ by: 'hand', at: atDatabase(failed, facts, "as the table's owner") },
      run: columnsOf(type, failed, facts).map((column) => `ALTER TABLE ${column} TYPE …`),
    }),
    notes: () => ['… is the type that it has at the source'],
  },
  {
    code: 'connector-disk-full',
    title: 'A disk is full where a connector writes.',
    docs: `${POSTGRES}/disk-full.html`,
    pattern: /No space left on device|could not (?:extend|write to) file [^\n]*|The table '[^']+' is full/,
    says: ([said], { side, read }) =>
      `A disk is full at ${side === 'sink' ? 'the target' : 'the workers'}: ${read.name} reports ${said}.`,
    fix: (_, failed, facts) => ({
      by: 'hand',
      at: failed.side === 'sink' ? atDatabase(failed, facts, '') : failed.place.where,
      run: ['make room on its disk'],
    }),
  },
];

export function entryOf({ code, title, docs, reported, pattern, applies, says, fix, notes }: Said): SetUpEntry {
  return {
    ...{ code, title, docs, ...(reported === true ? {} : { seenOn: SEEN_ON }) },
    find(facts): SetUpFound | undefined {
      for (const failed of failedConnectors(facts))
        for (const failure of failed.failures) {
          const match = pattern.exec(failure.trace);
          if (match === null || applies?.(match, failed, facts) === false) continue;
          const { commands } = facts.pipeline;
          return {
            says: says(match, failed),
            evidence: [evidenceOf(failed, failure)],
            fix: fix(match, failed, facts),
            notes: notes?.(match, failed) ?? [],
            check: [commands.status],
            certainty: 'shown',
            explains: failed.side,
          };
        }
      return undefined;
    },
  };
}

/** What a connector's own trace says, from what it needs first to what it does last. */
export const WORDS: readonly SetUpEntry[] = [...REACH, ...CAPTURE, ...LOG].map(entryOf);
