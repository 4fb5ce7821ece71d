import { engineOf } from '#engines/index.ts';
import type { DatabaseServer, End } from '#model/stack.ts';
import { messageOf } from '#std/errors.ts';
import type { AttachedRecord, ClaimedDatabase } from './record.ts';

/** Connectors that have been ended a moment ago may still hold what they read from. */
const RELEASE_LIMIT_MS = 15_000;

/** A database that is still there, and why. */
interface Left extends ClaimedDatabase {
  readonly server: DatabaseServer;
  readonly why: string;
}

/** Drops a lab's databases, and what its connectors have left at their servers. Returns those that could not be dropped. */
export async function removeDatabases({ servers, databases }: AttachedRecord): Promise<Left[]> {
  const left: Left[] = [];
  for (const end of ['source', 'sink'] as const) {
    const server = servers[end];
    const own = databases.filter((one) => one.end === end);
    if (server === undefined || own.length === 0) continue;
    const unreachable = await whyNot(() => engineOf(server).server.answers(server));
    for (const one of own) {
      const why = unreachable ?? (await whyNot(() => removeDatabase(server, end, one.name)));
      if (why !== undefined) left.push({ ...one, server, why });
    }
  }
  return left;
}

async function removeDatabase(server: DatabaseServer, end: End, name: string): Promise<void> {
  const { server: port, source } = engineOf(server);
  if (end === 'source') {
    const database = port.openNamed(server, name);
    // One that was not made yet has nothing to release, and one that cannot be released says so when it is dropped.
    await source.release(database, RELEASE_LIMIT_MS).catch(() => {});
    await database.close();
  }
  await port.drop(server, name);
}

async function whyNot(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** What is left, as lines for a person: where, why, and the statements that remove it. */
export function toldLeft(left: readonly Left[]): string[] {
  const places = new Map<string, Left[]>();
  for (const one of left) {
    const { title } = engineOf(one.server);
    const place = `${title} at ${one.server.host}:${one.server.port}`;
    places.set(place, [...(places.get(place) ?? []), one]);
  }
  return [...places].map(([place, all]) => {
    const statements = all.map(({ server, name }) => `DROP DATABASE ${engineOf(server).dialect.quote(name)};`);
    return `left on ${place}, by a lab that has ended (${all[0]?.why}): ${statements.join(' ')}`;
  });
}
