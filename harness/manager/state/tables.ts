import { OperatorError } from '#std/errors.ts';
import type { Asked } from './asked.ts';

/** Of the tables below. Another version has other tables, or means something else by theirs. */
const VERSION = 3;

/** Whoever makes the tables goes first; who comes at the same moment waits and finds them. */
const MAKING = 4_917_001;

const TABLES_SQL = `
CREATE TABLE pipelines_version (version integer PRIMARY KEY);
INSERT INTO pipelines_version VALUES (${VERSION});
CREATE TABLE pipelines (
  name text PRIMARY KEY, mode text NOT NULL, status text NOT NULL,
  full_load_status text NOT NULL, cdc_status text NOT NULL,
  full_load_completed_at timestamptz, full_load_lsn text, full_load_rows bigint,
  debezium_connector_name text, sink_connector_name text,
  last_error text, last_error_at timestamptz, updated_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE pipeline_definitions (
  name text PRIMARY KEY REFERENCES pipelines ON DELETE CASCADE, mark text NOT NULL UNIQUE,
  source text NOT NULL, target text NOT NULL, tables jsonb NOT NULL, on_existing text NOT NULL, cdc jsonb,
  objects jsonb);
CREATE TABLE pipeline_loads (
  name text REFERENCES pipelines ON DELETE CASCADE, table_name text, claimed boolean NOT NULL, loaded boolean NOT NULL,
  rows bigint NOT NULL, rows_expected bigint NOT NULL, PRIMARY KEY (name, table_name))`;

/**
 * Makes the state's tables where there are none. Throws an OperatorError (exit 1) for those of another version
 * (`state-version`), and for a table of somebody else's under one of their names (`foreign-state`).
 */
export async function requireTables(database: Asked): Promise<void> {
  const look = async () => (await database.query<{ there: string | null; version: string | null }>(LOOK_SQL))[0];
  let found = await look();
  if (found?.there === null && found.version === null) {
    await database.query(`DO $make$ BEGIN
      PERFORM pg_advisory_xact_lock(${MAKING});
      IF NOT EXISTS (SELECT FROM pg_class WHERE relname LIKE 'pipelines%' AND pg_table_is_visible(oid)) THEN ${TABLES_SQL}; END IF;
    END $make$`);
    found = await look();
  }
  if (found?.version === null)
    throw new OperatorError({
      code: 'foreign-state',
      message: 'the state database has a table "pipelines" that is not of driftlab',
      expected: 'a database without one, or with the one that driftlab made',
      found: `${found.there}, and no table pipelines_version beside it`,
      hint: 'give --state a database of its own: CREATE DATABASE driftlab',
      exit: 1,
    });
  const [row] = await database.query<{ version: string }>(
    'SELECT max(version)::text AS version FROM pipelines_version',
  );
  if (row?.version === String(VERSION)) return;
  throw new OperatorError({
    code: 'state-version',
    message: 'the state database is of another version of driftlab',
    expected: `version ${VERSION} of its tables`,
    found: `version ${row?.version ?? 'unknown'}`,
    hint: 'use the driftlab that made it, or give --state another database',
    exit: 1,
  });
}

const LOOK_SQL = `SELECT to_regclass('pipelines')::text AS there, to_regclass('pipelines_version')::text AS version`;
