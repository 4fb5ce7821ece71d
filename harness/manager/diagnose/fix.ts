import type { ConnectClient } from '#clients/connect.ts';
import { connectSide, engineOfUrl } from '#engines/index.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { type Here, withVaulted } from '../here.ts';
import { isLab } from '../lab-names.ts';
import { labServers } from '../lab-servers.ts';
import { concealed, resolveAddress } from '../references.ts';
import { addressOfConnector } from './connector-address.ts';

/** Which database a fix is made in. */
export interface FixedDatabase extends Here {
  readonly side: 'source' | 'target';
  /** Its address, which may have references. */
  readonly address: string;
  readonly signal: AbortSignal;
}

/**
 * Runs the statements that a cause names, in their order. Throws an OperatorError (`fix-refused`, exit 1) with the server's own
 * words where it does not run one; those before it are done.
 */
export async function runStatements(
  statements: readonly string[],
  { side, address, signal, ...here }: FixedDatabase,
): Promise<void> {
  const { url, secrets } = resolveAddress(side, address, await withVaulted(here, [address], signal));
  const engine = engineOfUrl(url);
  await using _ = await connectSide(url, { connections: 1, signal });
  const warnings: string[] = [];
  const onWarning = (says: string): void => void warnings.push(says);
  const database = engine.server.open(url, { max: 1, application: 'driftlab diagnose --fix', onWarning });
  try {
    for (const statement of statements) {
      await database.query(statement).catch((error: unknown) => {
        throw refused(statement, { side, says: concealed(messageOf(error), secrets), error });
      });
      // A GRANT of what the user does not have itself is run, and gives nothing.
      if (warnings.length > 0) throw refused(statement, { side, says: warnings.join('; ') });
    }
  } finally {
    await database.close();
  }
}

function refused(
  statement: string,
  { side, says, error }: { readonly side: string; readonly says: string; readonly error?: unknown },
): OperatorError {
  return new OperatorError({
    code: 'fix-refused',
    message: `the ${side} does not run ${statement}`,
    expected: 'a user who may',
    found: says,
    hint: `run it yourself, or name an address of a user who may: --${side}-admin URL`,
    cause: error,
    exit: 1,
  });
}

interface OfConnector extends Pick<FixedDatabase, 'side' | 'signal' | 'lab' | 'env'> {
  /** The workers, as they are named. */
  readonly connect: readonly string[];
}

/**
 * The address of the database that a connector's configuration names, with its password. Throws an OperatorError (`no-address`,
 * exit 1) where that is not known here.
 */
export async function databaseOfConnector(
  client: ConnectClient,
  name: string,
  { side, connect, signal, ...here }: OfConnector,
): Promise<string> {
  const lab = isLab(connect) ? labServers(here) : undefined;
  const known = addressOfConnector((await client.config(name, signal)) ?? {}, here.env, lab);
  if (known !== undefined && 'of' in known) return known.of.url;
  throw new OperatorError({
    code: 'no-address',
    message: `the database of ${name} is not known here`,
    expected: 'its address in the configuration',
    found: known?.why ?? 'a class of no engine that is known',
    hint: `--${side}-admin URL names it`,
    exit: 1,
  });
}
