import { describe } from 'vitest';
import { engineOf } from '#engines/index.ts';
import type { Engine } from '#engines/port/engine.ts';
import type { Database } from '#model/pipeline.ts';
import type { TestServer } from '#testing/database-server.ts';
import { startTestMariadb } from '#testing/mariadb.ts';
import { startTestMysql } from '#testing/mysql.ts';
import { startTestPostgres } from '#testing/postgres.ts';
import { describeMysql } from '#testing/with-mysql.ts';

/** An engine as the tests of a sink need it: a server of it, and in its SQL what the ports have no word for. */
export interface SinkEngine {
  readonly title: string;
  readonly engine: Engine;
  readonly start: () => Promise<TestServer>;
  /** Says where there is no server of it. */
  readonly describe: (title: string, tests: () => void) => void;
  /** A table `t` with the columns `id`, `name` and `wide`, and its name in the catalog. */
  readonly table: { readonly id: string; readonly sql: string };
  /** Puts NOT NULL on the column `wide`. */
  readonly wideNotNull: string;
  /** The second 22:13:20 and its next, as bookkeeping columns show them. */
  readonly moments: readonly [string, string];
  /** The tables of the sink's own. */
  readonly own: Readonly<Record<'guards' | 'positions' | 'dedup' | 'tombstones', string>>;
  /** The column with the first offset of a run. */
  readonly firstOffset: string;
  /** Remembers a second ago the delete of row 9. */
  readonly oldTombstone: string;
  /** Ends the applier's connections to a database. */
  readonly cutOff: (admin: Database, database: string) => Promise<void>;
}

const POSTGRES: SinkEngine = {
  title: 'PostgreSQL',
  engine: engineOf({ engine: 'postgres' }),
  start: startTestPostgres,
  describe,
  table: {
    id: 'public.t',
    sql: 'CREATE TABLE t (id bigint PRIMARY KEY, name varchar(20) NOT NULL, wide text NOT NULL)',
  },
  wideNotNull: 'ALTER TABLE t ALTER wide SET NOT NULL',
  moments: ['2023-11-14 22:13:20+00', '2023-11-14 22:13:21+00'],
  own: { guards: '_cdc.guards', positions: '_cdc.positions', dedup: '_cdc.dedup', tombstones: '_cdc.tombstones' },
  firstOffset: '"offset"',
  oldTombstone: `INSERT INTO _cdc.tombstones VALUES ('public.t', '["9"]', 1, now() - interval '1 s')`,
  async cutOff(admin, database) {
    await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name LIKE 'driftlab applier%'`,
      [database],
    );
  },
};

const MARIADB: SinkEngine = {
  title: 'MariaDB',
  engine: engineOf({ engine: 'mariadb' }),
  start: startTestMariadb,
  describe,
  table: {
    id: 'db.t',
    sql: 'CREATE TABLE t (id bigint PRIMARY KEY, name varchar(20) NOT NULL, wide longtext NOT NULL)',
  },
  wideNotNull: 'ALTER TABLE t MODIFY wide longtext NOT NULL',
  moments: ['2023-11-14 22:13:20.000000', '2023-11-14 22:13:21.000000'],
  own: { guards: '_cdc_guards', positions: '_cdc_positions', dedup: '_cdc_dedup', tombstones: '_cdc_tombstones' },
  firstOffset: '`offset`',
  oldTombstone: `INSERT INTO _cdc_tombstones VALUES ('db.t', x'00', '["9"]', 1, UTC_TIMESTAMP(6) - INTERVAL 1 SECOND)`,
  async cutOff(admin, database) {
    // The connection that asks is among them, unless it is another database's.
    const open = await admin.query<{ id: string }>(
      'SELECT id AS id FROM information_schema.processlist WHERE db = ? AND id <> CONNECTION_ID()',
      [database],
    );
    for (const { id } of open) await admin.query(`KILL CONNECTION ${id}`);
  },
};

const MYSQL: SinkEngine = {
  ...MARIADB,
  title: 'MySQL',
  engine: engineOf({ engine: 'mysql' }),
  start: startTestMysql,
  describe: describeMysql,
};

export const SINK_ENGINES: readonly SinkEngine[] = [POSTGRES, MARIADB, MYSQL];
