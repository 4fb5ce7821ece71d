import { type SourceReaders, sourceReaders } from '#log/source-block.ts';
import { OperatorError } from '#std/errors.ts';
import { greetingOf } from './greeting.ts';
import { mariadb, mysql } from './mariadb/engine.ts';
import type { Engine } from './port/engine.ts';
import type { ConnectOptions, Side } from './port/reconcile.ts';
import { postgres } from './postgres/engine.ts';
import { sqlserver } from './sqlserver/engine.ts';

/** Every engine the lab knows, by the name that a database and its server carry. The only place that names their folders. */
const ENGINES: Readonly<Record<string, Engine>> = { postgres, mariadb, mysql, sqlserver };

/** The engine of a source or a sink that names none. */
export const defaultEngine: Engine = postgres;

/** The engine of a database or of a server. Throws an OperatorError (`unknown-engine`) for one the lab has no folder for. */
export function engineOf({ engine: name }: { readonly engine: string }): Engine {
  const engine = Object.hasOwn(ENGINES, name) ? ENGINES[name] : undefined;
  if (engine !== undefined) return engine;
  throw new OperatorError({
    code: 'unknown-engine',
    message: `no database engine is called ${JSON.stringify(name)}`,
    expected: Object.keys(ENGINES).join(', '),
    found: name,
  });
}

/** The engine of a URL. Throws an OperatorError (exit 2) for a scheme that none has. The URL's password is not shown. */
export function engineOfUrl(url: string): Engine {
  const scheme = URL.canParse(url) ? new URL(url).protocol : '';
  const engine = Object.values(ENGINES).find(({ schemes }) => schemes.includes(scheme));
  if (engine !== undefined) return engine;
  throw new OperatorError({
    code: 'unknown-engine',
    message: scheme === '' ? 'a database is given by its URL' : `there is no engine for ${scheme}//… yet`,
    expected: Object.values(ENGINES)
      .map(({ schemes }) => `${schemes[0]}//user@host/database`)
      .join(' or '),
    found: scheme === '' ? 'no URL' : `${scheme}//…`,
  });
}

/** The names of all engines. */
export const ENGINE_NAMES: readonly string[] = Object.keys(ENGINES);

/** The engine of a source connector by its class, in full or as Connect also takes it; undefined where none of them is. */
export function engineOfConnector(className: string): Engine | undefined {
  const means = (full: string): boolean => {
    const short = full.slice(full.lastIndexOf('.') + 1);
    return [full, short, short.replace(/Connector$/, '')].includes(className);
  };
  return Object.values(ENGINES).find(({ source }) => source.own.classes.some(means));
}

/** The engine whose driver a JDBC URL names; undefined where that is no engine of the lab's. */
export function engineOfJdbcUrl(url: string): Engine | undefined {
  return Object.values(ENGINES).find(({ sink }) => sink.isJdbcUrl(url));
}

/** How the `source` block of every engine's connector is read. */
export const SOURCE_READERS: SourceReaders = sourceReaders(Object.values(ENGINES).map(({ source }) => source.block));

/**
 * Throws an OperatorError (exit 1) where a server of another engine answers at a URL. Asked before a client connects: those
 * of PostgreSQL and MariaDB wait for each other's servers without end, or break.
 */
export async function requireOwnServer(url: string, signal?: AbortSignal): Promise<void> {
  const engine = engineOfUrl(url);
  const { hostname, port, pathname } = new URL(url);
  if (hostname === '' || engine.defaultPort === undefined) return;
  const place = `${hostname}:${port || engine.defaultPort}`;
  const host = decodeURIComponent(hostname).replace(/^\[|\]$/g, '');
  const greeting = await firstWords(host, Number(port || engine.defaultPort), engine, signal);
  if (greeting === undefined || engine.greets?.(greeting) === true) return;
  const found = Object.values(ENGINES).find(({ greets }) => greets?.(greeting));
  if (found === undefined) return;
  throw new OperatorError({
    code: 'wrong-engine',
    message: `the server at ${place} is not ${engine.title}`,
    expected: `a server of ${engine.title}`,
    found: found.title,
    hint: `write the URL as ${found.schemes[0]}//…@${place}${pathname}, or name the port of ${engine.title}`,
    exit: 1,
  });
}

/** What a server says first; one that hangs up on a client of this engine may speak with another one's. */
async function firstWords(
  host: string,
  port: number,
  { hello }: Engine,
  signal: AbortSignal | undefined,
): Promise<Buffer | undefined> {
  const others = new Set(Object.values(ENGINES).map((engine) => engine.hello));
  let greeting: Buffer | undefined;
  for (const words of new Set([hello, ...others])) {
    greeting = await greetingOf(host, port, { hello: words, signal });
    if (greeting === undefined || greeting.length > 0) break;
  }
  return greeting;
}

/** Connects to one side of a comparison. Throws an OperatorError (exit 1) without a password in it. */
export async function connectSide(url: string, options: ConnectOptions): Promise<Side> {
  const { reconcile } = engineOfUrl(url);
  await requireOwnServer(url, options.signal);
  options.signal?.throwIfAborted();
  return reconcile.connect(url, options);
}
