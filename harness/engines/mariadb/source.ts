import type { SourcePort } from '#engines/port/source.ts';
import { type Table, tableId } from '#model/catalog.ts';
import type { SourceState } from '#model/cause.ts';
import type { Database, JobRead } from '#model/pipeline.ts';
import { binlog } from './binlog.ts';
import { openChangeFeed } from './change-feed.ts';
import { objectsOf } from './client.ts';
import { environment, isWritten } from './client-programs.ts';
import { compare } from './compare.ts';
import { connectorTable, connectorTopics, SIGNAL_SQL, SIGNAL_TABLE, sourceConnectorConfig } from './connectors.ts';
import { addColumn, alterColumn, analyze, createTables, insertRows } from './definitions.ts';
import { type Flavour, flavourOf } from './flavour.ts';
import { hold } from './held.ts';
import { ownOf } from './own-source.ts';
import { formatPosition, parsePosition } from './position.ts';
import { MARIADB_SCHEMA, quoteIdent, quoteTable } from './quote.ts';
import { openWriterSession } from './session.ts';
import { sourceBlockOf } from './source-block.ts';
import { isStreamed } from './streamed.ts';
import { surveyorOf } from './surveyor.ts';
import { touchRow } from './touch-row.ts';
import { keepVersions, versionsOf } from './versions.ts';
import { readWireColumns } from './wire-columns.ts';

type Asked = Pick<Database, 'query'>;

/** Settings that bear on what is captured. */
const SETTINGS = [
  'binlog_expire_logs_seconds',
  'binlog_format',
  'binlog_row_image',
  'binlog_row_metadata',
  'gtid_mode',
  'log_bin',
  'character_set_server',
  'time_zone',
];

/** Rows in key order with the position of the binary log that belongs to the same snapshot. */
async function jobRead(database: Database, table: Table, limit: number): Promise<JobRead> {
  const held = await hold(database);
  try {
    const position = await flavourOf(database).beginSnapshot(held.run);
    const columns = table.columns.filter((column) => !column.generated);
    const order = table.key.length === 0 ? '' : ` ORDER BY ${table.key.map(quoteIdent).join(', ')}`;
    const read = await held.run(
      `SELECT ${columns.map(({ name }) => quoteIdent(name)).join(', ')} FROM ${quoteTable(tableId(table))}${order} LIMIT ${limit}`,
    );
    await held.run('ROLLBACK');
    held.release(false);
    return { position, rows: await compare.canonicalRows(database, table, objectsOf(read)) };
  } catch (error) {
    held.release(true);
    throw error;
  }
}

/** Bytes of the log that were ever written, as far as they are still there. */
async function logBytes(database: Asked): Promise<number> {
  const rows = await database.query<{ File_size: string }>('SHOW BINARY LOGS');
  return rows.reduce((sum, row) => sum + Number(row.File_size), 0);
}

async function state(database: Asked): Promise<SourceState> {
  const rows = await database.query<{ Variable_name: string; Value: string }>('SHOW GLOBAL VARIABLES');
  const settings = new Map(rows.map((row) => [row.Variable_name, row.Value]));
  return {
    ...{ publications: [], slots: [], replicaIdentity: {}, partitions: {} },
    settings: Object.fromEntries(
      SETTINGS.flatMap((name) => {
        const value = settings.get(name);
        return value === undefined ? [] : [[name, value]];
      }),
    ),
  };
}

export const sourceOf = (flavour: Flavour): SourcePort => ({
  ...surveyorOf(flavour),
  block: sourceBlockOf(flavour.connect),
  connectorConfig: (options) => sourceConnectorConfig(options, flavour),
  topicOf: ({ prefix, database, table }) => `${prefix}.${connectorTable(database, table)}`.replaceAll(/[^\w.-]/g, '_'),
  connectorTopics,
  readWireColumns: (database, tables, config) => readWireColumns(database, tables, config, flavour),
  own: ownOf(flavour),
  signalTable: SIGNAL_TABLE,
  async signalSnapshot(database, id, tables) {
    const names = tables.map((table) => connectorTable(database.name, table));
    await database.query(`INSERT INTO ${quoteTable(SIGNAL_TABLE)} (id, type, data) VALUES (?, 'execute-snapshot', ?)`, [
      id,
      JSON.stringify({ type: 'incremental', 'data-collections': names }),
    ]);
  },
  prepareSignals: async (database) => void (await database.query(SIGNAL_SQL)),
  // A connector leaves nothing at the server: the log is the server's own.
  release: async () => {},
  createTables: (database, tables) => createTables(database, tables, flavour),
  insertRows,
  analyze,
  addColumn: (database, table, column) => addColumn(database, table, column, flavour),
  alterColumn: (database, table, change) => alterColumn(database, table, change, flavour),
  openWriterSession,
  openChangeFeed,
  isWritten,
  environment,
  jobRead,
  touchRow,
  keepVersions,
  versionsOf,
  ownSchema: `${MARIADB_SCHEMA}-driftlab`,
  binlog,
  logBytes,
  slots: async () => [],
  publicationsOf: async () => [],
  isStreamed,
  state,
  widePositions: true,
  parsePosition,
  formatPosition: (position) => formatPosition(position, flavour.logName),
});
