import { createHash } from 'node:crypto';
import { engineOf } from '#engines/index.ts';
import type { Database } from '#model/pipeline.ts';
import type { DatabaseServer, End, Stack } from '#model/stack.ts';
import { messageOf, OperatorError } from '#std/errors.ts';

type Servers = Pick<Stack, End | 'claims'>;

/** As many as PostgreSQL keeps of a name, which are fewer than in other engines. */
const NAME_MAX = 63;

/** What the lab calls a database of its own on a server: on one that others use as well, nobody else has the name. */
export function databaseName({ ownPrefix }: Pick<DatabaseServer, 'ownPrefix'>, name: string): string {
  if (ownPrefix === undefined) return name;
  const whole = `${ownPrefix}${name}`;
  if (whole.length <= NAME_MAX) return whole;
  const digest = createHash('sha1').update(name).digest('hex').slice(0, 8);
  return `${whole.slice(0, NAME_MAX - digest.length - 1)}_${digest}`;
}

/**
 * Creates a database at one end of a stack, as {@link ServerPort.create} does. On a server that others use as well it is
 * written down as the lab's before anything can go wrong. Throws an OperatorError (`database-there`) where a name that is not
 * the lab's own is taken.
 */
export async function makeDatabase(servers: Servers, end: End, name: string, template?: string): Promise<Database> {
  const server = servers[end];
  const { server: port } = engineOf(server);
  const { ownPrefix } = server;
  if (ownPrefix === undefined) return port.create(server, name, template);
  const claim = (): void => servers.claims?.add(end, name);
  if (name.startsWith(ownPrefix)) {
    claim();
    return port.create(server, name, template);
  }
  let made = false;
  const onMade = (): void => {
    made = true;
    claim();
  };
  try {
    return await port.create(server, name, template, onMade);
  } catch (error) {
    throw made ? error : notMade(server, name, error);
  }
}

/** Drops a database of the lab's; on a server that others use as well no other one, whatever its name. */
export async function dropDatabase(servers: Servers, end: End, name: string): Promise<void> {
  const server = servers[end];
  if (server.ownPrefix !== undefined && servers.claims?.has(end, name) !== true) return;
  await engineOf(server).server.drop(server, name);
  servers.claims?.remove(end, name);
}

function notMade(server: DatabaseServer, name: string, cause: unknown): OperatorError {
  return new OperatorError({
    code: 'database-there',
    message: `the database ${name} cannot be made on the server at ${server.host}:${server.port}`,
    expected: 'a server without a database of this name, which the connector names',
    found: messageOf(cause),
    hint: 'name another one as source.database and in the connector, or use another server: what is there stays as it is',
    cause,
  });
}
