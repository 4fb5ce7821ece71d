import { engineOf } from '#engines/index.ts';
import type { DatabaseServer, End } from '#model/stack.ts';
import { OperatorError } from '#std/errors.ts';
import { serverIdOf } from '../embedded/database-node.ts';
import { MARIADB_SETTINGS } from '../embedded/mariadb-node.ts';
import { POSTGRES_SETTINGS } from '../embedded/postgres-home.ts';
import type { ContainerSpec } from './container-node.ts';
import type { ImageName } from './images.ts';

/** What differs from engine to engine in a server's container, as its publisher's image takes it. */
interface ServerImage {
  readonly image: ImageName;
  readonly port: number;
  readonly user: string;
  readonly parameters?: DatabaseServer['parameters'];
  readonly memoryMb: number;
  command(end: End): readonly string[];
  env(password: string): Readonly<Record<string, string>>;
}

const POSTGRES_USER = 'driftlab';

const SERVERS: Readonly<Record<string, ServerImage>> = {
  postgres: {
    image: 'postgres',
    port: 5432,
    user: POSTGRES_USER,
    memoryMb: 1024,
    command: () => [
      'postgres',
      ...Object.entries(POSTGRES_SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    env: (password) => ({
      POSTGRES_USER,
      POSTGRES_PASSWORD: password,
      POSTGRES_DB: 'postgres',
      POSTGRES_INITDB_ARGS: '--encoding=UTF8 --no-locale --no-sync',
    }),
  },
  mariadb: {
    image: 'mariadb',
    port: 3306,
    user: 'root',
    memoryMb: 1024,
    command: (end) => ['mariadbd', '--skip-ssl', ...MARIADB_SETTINGS, `--server-id=${serverIdOf(end)}`],
    env: (password) => ({ MARIADB_ROOT_PASSWORD: password, MARIADB_AUTO_UPGRADE: '0' }),
  },
  sqlserver: {
    image: 'sqlserver',
    port: 1433,
    user: 'sa',
    // It makes its certificate itself.
    parameters: { trustServerCertificate: 'true' },
    memoryMb: 2560,
    command: () => [],
    env: (password) => ({
      ACCEPT_EULA: acceptedLicence(),
      MSSQL_SA_PASSWORD: password,
      MSSQL_PID: 'Developer',
      MSSQL_AGENT_ENABLED: 'true',
    }),
  },
};

/** Its publisher asks whoever runs SQL Server to accept its licence. */
function acceptedLicence(): string {
  if (process.env.ACCEPT_EULA === 'Y') return 'Y';
  throw new OperatorError({
    code: 'licence-not-accepted',
    message: 'a container of SQL Server needs its licence accepted',
    expected: 'ACCEPT_EULA=Y in the environment',
    found: process.env.ACCEPT_EULA === undefined ? 'ACCEPT_EULA is not set' : `ACCEPT_EULA=${process.env.ACCEPT_EULA}`,
    hint: 'read the terms of the Developer edition, then export ACCEPT_EULA=Y',
  });
}

function serverImage(engine: string): ServerImage {
  const found = Object.hasOwn(SERVERS, engine) ? SERVERS[engine] : undefined;
  if (found !== undefined) return found;
  throw new OperatorError({
    code: 'no-server',
    message: `the Docker runtime has no server of ${engineOf({ engine }).title}`,
    expected: Object.keys(SERVERS).join(', '),
    found: engine,
    hint: '--runtime embedded starts one, or uses one that runs already',
  });
}

/** The image of an engine's server. Throws an OperatorError (`no-server`) for an engine of which there is none. */
export function imageOf(engine: string): ImageName {
  return serverImage(engine).image;
}

type DatabaseSpec = Pick<ContainerSpec, 'command' | 'env' | 'memoryMb' | 'ready' | 'startLimitMs' | 'stopLimitMs'>;

/** A server of an engine: what its container needs, and its addresses outside and inside of the network. */
export function planServerContainer(
  end: End,
  engine: string,
  { port, password }: { readonly port: number; readonly password: string },
): {
  readonly spec: DatabaseSpec;
  readonly containerPort: number;
  readonly outside: DatabaseServer;
  readonly inside: DatabaseServer;
} {
  const { user, parameters, ...image } = serverImage(engine);
  const login = { engine, user, password, ...(parameters === undefined ? {} : { parameters }) };
  const outside = { ...login, host: '127.0.0.1', port };
  return {
    spec: {
      command: image.command(end),
      env: image.env(password),
      memoryMb: image.memoryMb,
      ready: () => engineOf(outside).server.answers(outside),
      startLimitMs: 180_000,
      stopLimitMs: 15_000,
    },
    containerPort: image.port,
    outside,
    inside: { ...login, host: end, port: image.port },
  };
}
