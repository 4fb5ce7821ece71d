import { type ConnectClient, connectClient } from '#clients/connect.ts';
import { engineOfUrl } from '#engines/index.ts';
import type { DatabaseServer } from '#model/stack.ts';
import type { Here } from './here.ts';
import { resolveAddress } from './references.ts';

/** A database server and a database on it, as connectors are told of them. */
export interface Place {
  readonly server: DatabaseServer;
  readonly database: string;
}

export function placeOf(url: string): Place {
  const { name, defaultPort = 0 } = engineOfUrl(url);
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  const server: DatabaseServer = {
    engine: name,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? defaultPort : Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    ...(searchParams.size === 0 ? {} : { parameters: Object.fromEntries(searchParams) }),
  };
  return { server, database: decodeURIComponent(pathname.slice(1)) };
}

/** A group of Connect workers by their addresses; a user and a password in one are those of all. */
export function connectOf(
  addresses: readonly string[],
  here: Here,
): { client: ConnectClient; urls: readonly string[]; secrets: readonly string[] } {
  const resolved = addresses.map((address) => resolveAddress('Connect worker', address, here));
  const urls = resolved.map(({ url }) => new URL(url));
  const { username = '', password = '' } = urls.find((url) => url.username !== '') ?? {};
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const access = username === '' ? {} : { authorization: `Basic ${Buffer.from(login).toString('base64')}` };
  const bare = urls.map(({ protocol, host, pathname }) => `${protocol}//${host}${pathname.replace(/\/$/, '')}`);
  return {
    client: connectClient({ urls: bare, access }),
    urls: bare,
    secrets: resolved.flatMap(({ secrets }) => secrets),
  };
}
