import { engineOf, requireOwnServer } from '#engines/index.ts';
import type { DatabaseServer, End } from '#model/stack.ts';
import { OperatorError } from '#std/errors.ts';

/**
 * A server of somebody's that runs already. Throws an OperatorError (exit 2) for an engine that the lab does not have, and for
 * the URL of another one.
 */
export function serverOfUrl(engine: string, url: string): DatabaseServer {
  const { title, schemes, defaultPort, serverParameters } = engineOf({ engine });
  const { protocol, hostname, port, username, password, searchParams } = new URL(url);
  if (!schemes.includes(protocol))
    throw new OperatorError({
      code: 'wrong-url',
      message: `that is no URL of ${title}`,
      expected: schemes.map((scheme) => `${scheme}//…`).join(' or '),
      found: `${protocol}//…`,
    });
  requireKnown([...searchParams.keys()], serverParameters, protocol);
  return {
    engine,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (defaultPort ?? 0) : Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    ...(searchParams.size === 0 ? {} : { parameters: Object.fromEntries(searchParams) }),
  };
}

/** A parameter that is passed over could be the one that asks for TLS. */
function requireKnown(names: readonly string[], known: readonly string[] | undefined, protocol: string): void {
  const unknown = names.find((name) => known?.includes(name) !== true);
  if (unknown === undefined) return;
  if (known !== undefined)
    throw new OperatorError({
      code: 'wrong-url',
      message: `the URL of a server that is tested has no parameter ${unknown}`,
      expected: known.join(', '),
      found: unknown,
    });
  throw new OperatorError({
    code: 'wrong-url',
    message: 'the URL of a server that is tested has no parameters',
    expected: `${protocol}//user:password@host:port/`,
    found: unknown,
    hint: 'it is reached without TLS: name an account and a server that allow this',
  });
}

/** Throws an OperatorError with what would change it where the server cannot be what the lab needs of a source or a sink. */
export async function requireUsableServer(
  server: DatabaseServer,
  as: End = 'source',
  signal?: AbortSignal,
): Promise<void> {
  const { server: port } = engineOf(server);
  await requireOwnServer(port.url(server, ''), signal);
  await port.requireUsable?.(server, as);
}
