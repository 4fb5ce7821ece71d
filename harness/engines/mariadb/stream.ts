import { nameList, withoutLab } from '#engines/debezium.ts';
import type { SourceConfigOptions } from '#engines/port/source.ts';
import type { StreamPort } from '#engines/port/stream.ts';
import type { Database } from '#model/pipeline.ts';
import { type MariadbDatabase, openDatabase } from './client.ts';
import { connectorTable, historyTopic, sourceConnectorConfig } from './connectors.ts';
import type { Flavour } from './flavour.ts';
import { fileNumber, packPosition, unpackPosition } from './position.ts';
import { lackOfReading } from './requirements.ts';
import { isStreamed } from './streamed.ts';

type Asked = Pick<Database, 'query'>;

/**
 * The server makes nothing for a reader of its log, and keeps the log for a time of its own. A connector begins where it is told to;
 * it knows the tables from a log of its own of their definitions, which a snapshot of their structure begins.
 */
export const streamOf = (flavour: Flavour): StreamPort => ({
  async require(database) {
    const rows = await database.query<{ Variable_name: string; Value: string }>('SHOW GLOBAL VARIABLES');
    const lack = lackOfReading(new Map(rows.map((row) => [row.Variable_name, row.Value])), flavour);
    if (lack !== undefined) throw lack;
  },
  whyGone: (url, start) =>
    asked(url, async (database) => {
      const { file } = unpackPosition(start.position);
      return (await logFile(database, file)) === undefined
        ? `the server has removed the binary log's file ${file}, in which they go on`
        : undefined;
    }),
  // Who of its user reads the log the server does not say: beside another pipeline's connector this is true at once.
  isRead: (url) => asked(url, isStreamed),
  keeps: () => 'the source keeps its binary log for binlog_expire_logs_seconds, whether or not they have read it',
  drop: async () => undefined,
  config: (options) => streamConfig(options, flavour),
  beginning: {
    // Only the tables' structure is read, which must not change meanwhile: locks would need rights, and hold others up.
    settings: { 'snapshot.mode': 'recovery', 'snapshot.locking.mode': 'none' },
    offsets: (url, { name, position }) =>
      asked(url, async (database) => {
        const { file: number, offset: pos } = unpackPosition(position);
        const file = (await logFile(database, number)) ?? '';
        return {
          partition: { server: name },
          offset: { file, pos, ...(await flavour.offsetAt(database.run, { file, pos })) },
        };
      }),
    positionOf(offset) {
      const { file, pos } = offset as { readonly file?: unknown; readonly pos?: unknown };
      const number = fileNumber(file);
      return number === undefined ? undefined : packPosition({ file: number, offset: Number(pos) });
    },
    definitionsTopic: (config) => historyTopic(config) ?? '',
    nameOf: connectorTable,
    defines: definedTables,
  },
});

/** Runs `work` on a connection of its own. */
async function asked<T>(url: string, work: (database: MariadbDatabase) => Promise<T>): Promise<T> {
  const database = openDatabase(url, { max: 1, application: 'driftlab admin' });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** The name of a file of the log by its number; undefined where it is not there any more. */
async function logFile(database: Asked, number: number): Promise<string | undefined> {
  const rows = await database.query<{ Log_name: string }>('SHOW BINARY LOGS');
  return rows.map(({ Log_name }) => Log_name).find((name) => fileNumber(name) === number);
}

function streamConfig(options: SourceConfigOptions, flavour: Flavour): Record<string, string> {
  const { database, tables } = options;
  return {
    ...withoutLab(sourceConnectorConfig({ ...options, snapshot: 'no_data' }, flavour)),
    'table.include.list': nameList(tables.map((table) => connectorTable(database, table))),
    // The sink deletes by the event itself. A tombstone behind it would be read, warned about and ignored.
    'tombstones.on.delete': 'false',
    // The sink writes by key, and needs no event's place in its transaction.
    'provide.transaction.metadata': 'false',
  };
}

/** A record of Debezium's log of definitions: its names are quoted as the server quotes them, or as SQL does. */
function definedTables(value: string): readonly string[] {
  const { tableChanges = [] } = JSON.parse(value) as {
    readonly tableChanges?: readonly { readonly type: string; readonly id: string }[];
  };
  return tableChanges
    .filter(({ type }) => type === 'CREATE' || type === 'ALTER')
    .map(({ id }) => id.replaceAll(/["`]/g, ''));
}
