import { OperatorError } from '#std/errors.ts';
import { defaultEngine, ENGINE_NAMES, engineOf, engineOfUrl } from './index.ts';
import type { Engine } from './port/engine.ts';

/**
 * The URL of the database that a secret describes: by `url`, with `username` and `password` where it has them apart; or by `host`,
 * `port`, `database`, `username`, `password` and `engine`. Throws an OperatorError (`secret-address`, exit 1) that shows no value.
 */
export function urlOfSecret(secret: Readonly<Record<string, string>>, path: string): string {
  const { url, host, port, database, username, password } = secret;
  if (url === undefined && (host === undefined || database === undefined))
    throw incomplete(path, 'url, or host and database, with username and password', Object.keys(secret).join(', '));
  if (url !== undefined && !URL.canParse(url)) throw incomplete(path, 'a URL as url', 'something else');
  if (url === undefined && port !== undefined && !/^\d{1,5}$/.test(port))
    throw incomplete(path, 'a number as port', 'something else');
  const engine = url === undefined ? engineFor(secret, path) : engineOfUrl(url);
  const address = new URL(url ?? `${engine.schemes[0]}//${hostOf(host ?? '')}${port === undefined ? '' : `:${port}`}`);
  if (url === undefined) address.pathname = `/${encodeURIComponent(database ?? '')}`;
  if (username !== undefined) address.username = encodeURIComponent(username);
  if (password !== undefined) address.password = encodeURIComponent(password);
  return address.href;
}

function hostOf(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

/** By `engine`, else the one whose port it is. What gives neither is PostgreSQL's, as elsewhere. */
function engineFor({ engine, port }: Readonly<Record<string, string>>, path: string): Engine {
  if (engine !== undefined) {
    const name = engine.toLowerCase();
    if (ENGINE_NAMES.includes(name)) return engineOf({ engine: name });
    if (name === 'postgresql') return defaultEngine;
    throw incomplete(path, `one of ${ENGINE_NAMES.join(', ')} as engine`, engine);
  }
  const [one, other] = ENGINE_NAMES.map((name) => engineOf({ engine: name })).filter(
    ({ defaultPort }) => String(defaultPort) === port,
  );
  if (one !== undefined && other !== undefined)
    throw incomplete(path, `engine: ${one.name} or ${other.name}`, `none, and port ${port}`);
  return one ?? defaultEngine;
}

function incomplete(path: string, expected: string, found: string): OperatorError {
  return new OperatorError({
    code: 'secret-address',
    message: `the secret ${path} does not say where its database is`,
    ...{ expected, found: found === '' ? 'no keys' : found },
    hint: `vault kv patch ${path} KEY=… sets one of them`,
    exit: 1,
  });
}
