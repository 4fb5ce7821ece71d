// Run by the set-up, once for each Java: boots a stack whose JVMs write down which classes they loaded, has it capture
// and apply one row so that what capturing loads is among them, and stops it in the orderly way in which they write.
import { existsSync, renameSync } from 'node:fs';
import { connectClient } from '#clients/connect.ts';
import { engineOf } from '#engines/index.ts';
import type { DatabaseServer, Stack } from '#model/stack.ts';
import { ARCHIVES, archiveFile } from '#setup/archives.mjs';
import { watchRoom } from '#std/disk-full.ts';
import { explain, messageOf, OperatorError } from '#std/errors.ts';
import { until } from '#std/wait.ts';
import { foundJava } from './jvm.ts';
import { sweep } from './lab-folder.ts';
import { embeddedPlaces } from './places.ts';
import { bootStack } from './stack.ts';

async function sql(server: DatabaseServer, text: string): Promise<unknown[]> {
  const database = engineOf(server).server.openNamed(server, 'postgres');
  try {
    return await database.query(text);
  } finally {
    await database.close();
  }
}

async function captureOneRow(stack: Stack): Promise<void> {
  const { source, sink } = stack;
  const connect = connectClient(stack.workers.source);
  await sql(source, 'CREATE TABLE warm (id int PRIMARY KEY, word text)');
  await connect.put('warm-source', {
    'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
    'database.hostname': source.host,
    'database.port': String(source.port),
    'database.user': source.user,
    'database.password': source.password,
    'database.dbname': 'postgres',
    'topic.prefix': 'warm',
    'plugin.name': 'pgoutput',
    'table.include.list': 'public.warm',
  });
  await connect.put('warm-sink', {
    'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
    topics: 'warm.public.warm',
    'connection.url': `jdbc:postgresql://${sink.host}:${sink.port}/postgres`,
    'connection.username': sink.user,
    'connection.password': sink.password,
    'insert.mode': 'upsert',
    'primary.key.mode': 'record_key',
    'schema.evolution': 'basic',
    'collection.name.format': 'warm',
  });
  await sql(source, `INSERT INTO warm VALUES (1, 'up')`);
  await until(async () => (await sql(sink, 'SELECT * FROM warm')).length > 0, {
    what: 'one row to go through the pipeline',
    limitMs: 60_000,
  });
}

async function makeArchives(signal: AbortSignal): Promise<void> {
  sweep();
  await using stack = await bootStack({ signal }, 'archive');
  await captureOneRow(stack);
  // Connect first: without its broker it would wait before it ends.
  for (const name of ['connect', 'broker']) await stack.nodes.get(name)?.stop();
  for (const name of ARCHIVES) {
    const file = archiveFile(name, foundJava());
    if (!existsSync(`${file}.new`)) throw new Error(`Java wrote no archive for ${name} (has it one of its own?)`);
    renameSync(`${file}.new`, file);
  }
}

const full = new AbortController();
// Removing what was written makes room again: what was full meanwhile is remembered.
using room = watchRoom(embeddedPlaces(), (failure) => full.abort(failure));
try {
  await makeArchives(full.signal);
} catch (thrown) {
  const error = room.look() ?? thrown;
  process.stderr.write(`${error instanceof OperatorError ? explain(error) : messageOf(error)}\n`);
  process.exitCode = 1;
}
