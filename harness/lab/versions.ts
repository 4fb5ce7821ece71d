import { databaseUrl, openDatabase } from '#clients/postgres.ts';
import type { DatabaseServer, Stack } from '#model/stack.ts';

/** What each node runs, by its name; a server that does not say is left out. */
export async function readVersions(stack: Stack): Promise<Readonly<Record<string, string>>> {
  const [source, sink, kafka, debezium] = await Promise.all([
    postgresVersion(stack.source),
    postgresVersion(stack.sink),
    connectVersion(stack.connectUrl),
    debeziumVersion(stack.connectUrl),
  ]);
  const worker = `Kafka Connect ${kafka}, Debezium ${debezium}`;
  // Broker and workers come from one set of jars.
  return { source, sink, broker: `Apache Kafka ${kafka}`, connect: worker, 'connect-sink': worker };
}

async function postgresVersion(server: DatabaseServer): Promise<string> {
  const database = openDatabase(databaseUrl(server, 'postgres'), { max: 1 });
  try {
    const [row] = await database.query<{ server_version: string }>('SHOW server_version');
    return `PostgreSQL ${row?.server_version ?? ''}`.trim();
  } finally {
    await database.close();
  }
}

const LIMIT_MS = 10_000;

async function connectVersion(url: string): Promise<string> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS) });
  return ((await answer.json()) as { version?: string }).version ?? '';
}

async function debeziumVersion(url: string): Promise<string> {
  const answer = await fetch(`${url}/connector-plugins`, { signal: AbortSignal.timeout(LIMIT_MS) });
  const plugins = (await answer.json()) as { class: string; version?: string }[];
  return plugins.find((plugin) => plugin.class.startsWith('io.debezium.connector.'))?.version ?? '';
}
