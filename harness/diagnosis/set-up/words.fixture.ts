import { type Change, reads5432, saying, writesCopy } from './facts.fixture.ts';

/** What connectors' own words show. */
export const WORDS: Readonly<Record<string, readonly [Change, string]>> = {
  'connector-host-unknown': [
    saying('sink', 'java.net.UnknownHostException: nowhere.invalid', writesCopy),
    'connection.url=jdbc:postgresql://db/copy',
  ],
  'connector-database-unreachable': [
    saying('source', 'org.postgresql.util.PSQLException: Connection to db:5432 refused.', reads5432),
    'database.hostname=db',
  ],
  'connector-password': [
    saying('sink', 'org.postgresql.util.PSQLException: FATAL: password authentication failed for user "app"'),
    `ALTER ROLE "app" PASSWORD '…'`,
  ],
  'connector-tls-refused': [
    saying('sink', 'org.postgresql.util.PSQLException: The server does not support SSL.'),
    'without sslmode=require',
  ],
  'connector-tls-wanted': [
    saying('source', 'Connections using insecure transport are prohibited while --require_secure_transport=ON.'),
    'database.ssl.mode=required',
  ],
  'connector-not-admitted': [
    saying('sink', 'FATAL: no pg_hba.conf entry for host "10.0.0.2", user "app", database "copy", no encryption'),
    'host all "app" 10.0.0.2/32 scram-sha-256',
  ],
  'connector-time-zone-unknown': [
    saying('sink', 'FATAL: invalid value for parameter "TimeZone": "Mars/Phobos"'),
    'connection.url without the zone',
  ],
  'connector-no-database': [saying('source', 'FATAL: database "own" does not exist'), 'database.dbname=own'],
  'connector-too-many-connections': [
    saying('sink', 'FATAL: too many connections for role "app"'),
    'ALTER ROLE "app" CONNECTION LIMIT -1',
  ],
  'connector-driver-missing': [saying('sink', 'java.sql.SQLException: No suitable driver'), "the driver's jar"],
  'connector-slot-busy': [
    saying('source', 'ERROR: replication slot "mark" is active for PID 77'),
    'a slot.name of its own',
  ],
  'connector-no-replication': [
    saying('source', 'FATAL: permission denied to start WAL sender', reads5432),
    'ALTER ROLE "app" REPLICATION',
  ],
  'connector-wal-level': [
    saying('source', 'ERROR: logical decoding requires "wal_level" >= "logical"'),
    'ALTER SYSTEM SET wal_level = logical',
  ],
  'connector-slots-used-up': [
    saying('source', 'ERROR: all replication slots are in use'),
    'ALTER SYSTEM SET max_replication_slots',
  ],
  'connector-log-gone': [
    saying('source', 'ERROR: can no longer access replication slot "mark"'),
    'driftlab pipeline delete shop',
  ],
  'connector-publication-missing': [
    saying('source', 'ConnectException: Publication autocreation is disabled, please create one.', reads5432),
    'CREATE PUBLICATION "dbz_publication" FOR TABLE public.items',
  ],
  'connector-publication-not-allowed': [
    saying('source', 'Unable to create filtered publication mark: ERROR: must be owner of table items', reads5432),
    'CREATE PUBLICATION "dbz_publication" FOR TABLE public.items',
  ],
  'connector-record-too-large': [
    saying('source', 'org.apache.kafka.common.errors.RecordTooLargeException: The message is 322928 bytes'),
    'producer.override.max.request.size',
  ],
  'connector-value-refused': [
    saying(
      'sink',
      'org.postgresql.util.PSQLException: ERROR: invalid input syntax for type uuid: "aa"\nBatch entry 0 INSERT INTO "public"."items" ("id") was aborted',
      writesCopy,
    ),
    'ALTER TABLE "public"."items" ALTER COLUMN … TYPE …',
  ],
  'connector-disk-full': [
    saying('sink', 'ERROR: could not extend file "base/5/1": No space left on device'),
    'make room',
  ],
};
