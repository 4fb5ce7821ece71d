import type { SourcePort } from '#engines/port/source.ts';
import { type Table, tableId } from '#model/catalog.ts';
import type { Database, JobRead } from '#model/pipeline.ts';
import { captureTables, OWN_SCHEMA, SNAPSHOT_SQL } from './capture.ts';
import { readCatalog } from './catalog.ts';
import { openChangeFeed } from './change-feed.ts';
import { cleanUp } from './cleanup.ts';
import { objectsOf, type SqlServerDatabase } from './client.ts';
import { environment, isWritten } from './client-programs.ts';
import { compare } from './compare.ts';
import {
  connectorTable,
  connectorTopics,
  SIGNAL_SQL,
  SIGNAL_TABLE,
  signalSql,
  sourceConnectorConfig,
} from './connectors.ts';
import { addColumn, analyze, createTables, insertRows } from './definitions.ts';
import { own } from './own-source.ts';
import { valueSql } from './plan-sql.ts';
import { formatPosition, parsePosition } from './position.ts';
import { quoteIdent, quoteTable } from './quote.ts';
import { telling } from './refusal.ts';
import { openWriterSession } from './session.ts';
import { sourceBlock } from './source-block.ts';
import { isStreamed, logBytes, state } from './source-state.ts';
import { surveyor } from './surveyor.ts';
import { namesIn } from './tags.ts';
import { touchRow } from './touch-row.ts';
import { keepVersions, versionsOf } from './versions.ts';
import { readWireColumns } from './wire-columns.ts';

/** The first rows of a table in the order of its key. */
export function firstRowsSql({ columns, key, ...table }: Table, limit: number): string {
  const values = columns
    .filter(({ generated }) => !generated)
    .map((column) => `${valueSql(column)} AS ${quoteIdent(column.name)}`);
  const order = key.length === 0 ? '' : ` ORDER BY ${key.map(quoteIdent).join(', ')}`;
  return `SELECT TOP (${limit}) ${values.join(', ')} FROM ${quoteTable(tableId(table))} AS t${order}`;
}

/** What the read does not see commits behind the transaction that is marked before it begins. */
async function jobRead(database: Database, table: Table, limit: number): Promise<JobRead> {
  const position = await namesIn(database).mark();
  const read = await (database as SqlServerDatabase).session(async ({ run }) => {
    await run(SNAPSHOT_SQL);
    return run(firstRowsSql(table, limit));
  });
  return { position, rows: await compare.canonicalRows(database, table, objectsOf(read)) };
}

/** Has what there is captured: every table of somebody's, and the one through which the connector is told to snapshot again. */
async function prepareSignals(database: Pick<Database, 'query'>): Promise<void> {
  await namesIn(database).ready();
  await telling(database, 'to capture its tables', async () => {
    await database.query(SIGNAL_SQL);
    await captureTables(database, [SIGNAL_TABLE, ...(await readCatalog(database)).map(tableId)]);
  });
}

export const source: SourcePort = {
  ...surveyor,
  block: sourceBlock,
  connectorConfig: sourceConnectorConfig,
  topicOf: ({ prefix, database, table }) => `${prefix}.${connectorTable(database, table)}`.replaceAll(/[^\w.-]/g, '_'),
  connectorTopics,
  readWireColumns,
  own,
  signalTable: SIGNAL_TABLE,
  async signalSnapshot(database, id, tables) {
    await database.query(
      signalSql(
        id,
        tables.map((table) => connectorTable(database.name, table)),
      ),
    );
  },
  prepareSignals,
  // What a connector has read is known to Connect alone; the captures go with the database.
  release: async () => {},
  createTables,
  insertRows,
  analyze,
  addColumn: (database, table, column) =>
    telling(database, `to add the column ${column.name} to ${table}`, () => addColumn(database, table, column)),
  openWriterSession,
  openChangeFeed,
  isWritten,
  environment,
  jobRead,
  touchRow,
  keepVersions,
  versionsOf,
  ownSchema: OWN_SCHEMA,
  cleanUp: (database, tables) => telling(database, 'to remove captured changes', () => cleanUp(database, tables)),
  logBytes,
  slots: async () => [],
  publicationsOf: async () => [],
  isStreamed,
  state,
  widePositions: true,
  parsePosition,
  formatPosition,
};
