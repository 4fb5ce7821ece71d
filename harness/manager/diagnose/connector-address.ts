import { resolveReferences, unresolvedReferences } from '#clients/config-references.ts';
import { engineOfConnector, engineOfJdbcUrl } from '#engines/index.ts';
import type { Engine } from '#engines/port/engine.ts';
import type { End } from '#model/stack.ts';
import { commaList } from '#std/comma-list.ts';
import { type LabServers, labUrlOfTold } from '../lab-servers.ts';
import type { Address } from './read-databases.ts';

type Config = Readonly<Record<string, string>>;

/** The database of a connector as its configuration names it, or why that is not known here. */
export type ConnectorAddress =
  | { readonly of: Address & { readonly secrets: readonly string[] } }
  | { readonly why: string };

/**
 * The database that a source connector reads, or a JDBC sink connector writes. Undefined where its class is of no engine that is
 * known. What its config providers stand for is known here only where they are of this machine, or of the live lab's own workers.
 */
export function addressOfConnector(
  config: Config,
  env: NodeJS.ProcessEnv,
  lab?: LabServers,
): ConnectorAddress | undefined {
  const unknown = unresolvedReferences(config, env).filter(({ property }) => ADDRESS.test(property));
  const resolved = Object.fromEntries(
    Object.entries(config).map(([property, value]) => [property, resolveReferences(value, env)]),
  );
  const engine =
    engineOfConnector(config['connector.class'] ?? '') ?? engineOfJdbcUrl(resolved['connection.url'] ?? '');
  if (engine === undefined) return undefined;
  const [missing] = unknown;
  const place = resolved['connection.url'] === undefined ? placeOfSource(resolved) : placeOfJdbc(resolved);
  const server = place && { engine: engine.name, ...place, port: place.port ?? engine.defaultPort ?? 0 };
  if (missing !== undefined) {
    const url = server && lab && labUrlOfTold(server, lab);
    if (url !== undefined) return { of: addressAt(url) };
    return { why: `${missing.property} is ${missing.reference}, which stands for nothing here` };
  }
  if (server === undefined) return { why: 'its configuration does not say where its database is' };
  return { of: addressAt(engine.server.url(server, server.database)) };
}

function addressAt(url: string): Address & { readonly secrets: readonly string[] } {
  const { password } = new URL(url);
  const secrets = password === '' ? [] : [decodeURIComponent(password), password];
  return { address: withoutPassword(url), url, secrets };
}

/** Which end a connector of this configuration is, whatever its class: a sink is told what it reads. */
export function endOfConfig(config: Config): End {
  return config.topics === undefined && config['topics.regex'] === undefined ? 'source' : 'sink';
}

const ADDRESS = /^(database\.(hostname|port|user|password|dbname)|connection\.(url|username|user|password))$/;

function withoutPassword(url: string): string {
  const shown = new URL(url);
  shown.password = '';
  return shown.href;
}

interface Place {
  readonly host: string;
  readonly port?: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

function placeOfSource(config: Config): Place | undefined {
  const host = config['database.hostname'];
  const [database = ''] = [
    config['database.dbname'],
    config['database.names'],
    config['database.include.list'],
  ].flatMap(commaList);
  if (host === undefined) return undefined;
  return {
    ...{ host, database, ...portOf(config['database.port']) },
    user: config['database.user'] ?? '',
    password: config['database.password'] ?? '',
  };
}

/** `jdbc:postgresql://host:5432/database?user=…`, or SQL Server's `jdbc:sqlserver://host:1433;databaseName=…`. */
const JDBC = /^jdbc:(?:[\w-]+:)*\/\/(\[[^\]]+\]|[^:/;?,]+)(?::(\d+))?(?:\/([^?;]*))?(.*)$/;

function placeOfJdbc(config: Config): Place | undefined {
  const [, host, port, path = '', rest = ''] = JDBC.exec(config['connection.url'] ?? '') ?? [];
  if (host === undefined) return undefined;
  const parameters = new URLSearchParams(rest.replace(/^[?;]/, '').replaceAll(';', '&'));
  const parameter = (...names: readonly string[]): string | undefined =>
    names.flatMap((name) => parameters.get(name) ?? []).at(0);
  return {
    ...{ host: host.replace(/^\[|\]$/g, ''), ...portOf(port) },
    database: decodeURIComponent(path) || parameter('databaseName', 'database') || '',
    user: config['connection.username'] ?? config['connection.user'] ?? parameter('user') ?? '',
    password: config['connection.password'] ?? parameter('password') ?? '',
  };
}

function portOf(port: string | undefined): { readonly port?: number } {
  return port === undefined || port === '' ? {} : { port: Number(port) };
}

/** The engine of a database's connector. */
export function engineOfConfig(config: Config): Engine | undefined {
  return engineOfConnector(config['connector.class'] ?? '') ?? engineOfJdbcUrl(config['connection.url'] ?? '');
}

const ESCAPED_DOT = /\\\./g;
const EXPRESSION = /[\\^$*+?()[\]{}|]/;

/** The tables that a connector names one by one; those that only match an expression are not among them. */
export function namedTables(config: Config): string[] {
  return commaList(config['table.include.list'])
    .map((name) => name.replaceAll(ESCAPED_DOT, '.'))
    .filter((name) => !EXPRESSION.test(name));
}
