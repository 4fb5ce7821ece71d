import { isPostgresGreeting } from '#engines/greeting.ts';
import type { ComparePort } from '#engines/port/compare.ts';
import type { Engine } from '#engines/port/engine.ts';
import type { ServerPort } from '#engines/port/server.ts';
import type { SinkPort } from '#engines/port/sink.ts';
import type { SourcePort } from '#engines/port/source.ts';
import {
  createDatabase,
  dropDatabase,
  dropSlots,
  keepUnchangedValues,
  openNamed,
  requireUsable,
  serverAnswers,
  serverVersion,
} from './admin.ts';
import { openPostgresSink } from './apply.ts';
import { DEDUP_STATE_SQL } from './apply-bookkeeping.ts';
import { openMoment } from './bulk/moment.ts';
import { stream } from './bulk/stream.ts';
import { endSessions, openWriter } from './bulk/writer.ts';
import { canonicalRows, hasOneSpelling, ordersAlike } from './canonical.ts';
import { readCatalog } from './catalog.ts';
import { openChangeFeed } from './change-feed.ts';
import { readSinkState, readSourceState } from './circumstances.ts';
import { databaseUrl, openDatabase } from './client.ts';
import { environment, isWritten } from './client-programs.ts';
import { SIGNAL_SQL, SIGNAL_TABLE, sinkConnectorConfig, sourceConnectorConfig } from './connectors.ts';
import { copyTypes } from './copy-types.ts';
import { addColumnSql, createSinkTable } from './ddl.ts';
import { addColumn, alterColumn, analyze, createTables, insertRows } from './definitions.ts';
import { effectsOf, noteEffects } from './effects.ts';
import { isJdbcUrl, jdbcUrlHere } from './jdbc-url.ts';
import { jobRead } from './job-read.ts';
import { kindOf, typeFor } from './kinds.ts';
import { formatLsn, parseLsn } from './lsn.ts';
import { typeNote } from './numbers.ts';
import { own } from './own-source.ts';
import { demandedColumns, dropSpanning, emptyDatabase } from './own-tables.ts';
import { passOver } from './pass-over.ts';
import { publicationsOf } from './publications.ts';
import { latestRows, quoteIdent, quoteTable, tableOf, textOf } from './quote.ts';
import { openReadView } from './read.ts';
import { queryReadOnly } from './read-only.ts';
import { pairing } from './reconcile/forms.ts';
import { connectPostgres } from './reconcile/side.ts';
import { openWriterSession } from './session.ts';
import { readSource, readTargetRights } from './set-up/read.ts';
import { refusalOf } from './set-up/refusal-kind.ts';
import { openShell } from './shell.ts';
import { signals } from './signals.ts';
import { isStreamed, readSlots, walBytes } from './slots.ts';
import { sourceBlock } from './source-block.ts';
import { parseSqlFile, runSqlFiles } from './sql-file.ts';
import { surveyor } from './surveyor.ts';
import { touchRow } from './touch-row.ts';
import { keepVersions, OWN_SCHEMA, versionsOf } from './versions.ts';
import { readWireColumns } from './wire-columns.ts';

const server: ServerPort = {
  url: databaseUrl,
  open: openDatabase,
  openNamed,
  create: createDatabase,
  drop: dropDatabase,
  answers: serverAnswers,
  requireUsable,
  version: serverVersion,
  // A server that is a copy of another's files has its system identifier as well; it did not start at the same microsecond.
  identitySql: `SELECT concat_ws('/', extract(epoch FROM pg_postmaster_start_time()), oid, datname) AS identity
  FROM pg_database WHERE datname = current_database()`,
  checkSql: (file) => void parseSqlFile(file),
  runSql: runSqlFiles,
  openShell,
  queryReadOnly,
  systemDatabases: ['postgres', 'template0', 'template1'],
};

const source: SourcePort = {
  ...surveyor,
  block: sourceBlock,
  connectorConfig: sourceConnectorConfig,
  topicOf: ({ prefix, table }) => `${prefix}.${table}`.replaceAll(/[^\w.-]/g, '_'),
  connectorTopics: () => [],
  readWireColumns,
  own,
  signalTable: SIGNAL_TABLE,
  async signalSnapshot(database, id, tables) {
    await database.query(`INSERT INTO ${SIGNAL_TABLE} (id, type, data) VALUES ($1, 'execute-snapshot', $2)`, [
      id,
      JSON.stringify({ type: 'incremental', 'data-collections': tables }),
    ]);
  },
  prepareSignals: async (database) => void (await database.query(SIGNAL_SQL)),
  release: dropSlots,
  createTables,
  insertRows,
  analyze,
  addColumn,
  alterColumn,
  openWriterSession,
  openChangeFeed,
  isWritten,
  environment,
  jobRead,
  touchRow,
  keepVersions,
  versionsOf,
  ownSchema: OWN_SCHEMA,
  logBytes: walBytes,
  slots: readSlots,
  publicationsOf,
  isStreamed,
  state: readSourceState,
  widePositions: false,
  parsePosition: parseLsn,
  formatPosition: formatLsn,
};

const sink: SinkPort = {
  open: openPostgresSink,
  connectorConfig: sinkConnectorConfig,
  dedupState: DEDUP_STATE_SQL,
  isJdbcUrl,
  jdbcUrl: jdbcUrlHere,
  copyTypes,
  createTable: createSinkTable,
  demandedColumns,
  dropSpanning,
  empty: emptyDatabase,
  keepUnchangedValues,
  noteEffects,
  effectsOf,
  passOver,
  state: readSinkState,
};

const compare: ComparePort = {
  readCatalog,
  openReadView,
  ordersAlike,
  hasOneSpelling,
  canonicalRows,
  typeNote: ({ source, sink, exact }) => (exact === true ? undefined : typeNote(source, sink)),
};

export const postgres: Engine = {
  name: 'postgres',
  title: 'PostgreSQL',
  schemes: ['postgres:', 'postgresql:'],
  defaultPort: 5432,
  greets: isPostgresGreeting,
  dialect: {
    quote: quoteIdent,
    quoteTable,
    defaultSchema: 'public',
    tableOf,
    textOf,
    latestRows,
    kindOf,
    typeFor,
    addColumn: addColumnSql,
    daysAfter: (expression, days) => `(${expression} + interval '${days} days')`,
  },
  server,
  source,
  sink,
  compare,
  reconcile: { name: 'postgres', connect: connectPostgres, pairing },
  bulk: { openMoment, openWriter, endSessions },
  stream,
  setUp: { refusalOf, source: readSource, targetRights: readTargetRights },
  signals,
};
