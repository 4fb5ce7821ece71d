import { readFileSync } from 'node:fs';
import type { config, IOptions } from 'mssql';
import type { DatabaseServer } from '#model/stack.ts';
import { messageOf, OperatorError } from '#std/errors.ts';

export const DEFAULT_PORT = 1433;

/** The database of a URL that names none: it is there on every server. */
const MASTER = 'master';

/** Where a URL leads, without its password. */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

export function databaseUrl({ host, port, user, password, parameters }: DatabaseServer, database: string): string {
  const address = host.includes(':') ? `[${host}]` : host;
  const url = new URL(`sqlserver://${address}:${port}/${encodeURIComponent(database)}`);
  url.username = encodeURIComponent(user);
  url.password = encodeURIComponent(password);
  for (const [name, value] of Object.entries(parameters ?? {})) url.searchParams.set(name, value);
  return url.href;
}

export function placeOf(url: string): Place {
  const { hostname, port, username, pathname } = new URL(url);
  return {
    host: decodeURIComponent(hostname).replace(/^\[|\]$/g, ''),
    port: port === '' ? DEFAULT_PORT : Number(port),
    user: decodeURIComponent(username),
    database: decodeURIComponent(pathname.slice(1)) || MASTER,
  };
}

/** How the connection is encrypted. */
const TRANSPORT = ['encrypt', 'trustServerCertificate', 'hostNameInCertificate', 'ca'];
/** What the driver's ways of authentication ask for beside user and password. */
const IDENTITY = ['clientId', 'clientSecret', 'tenantId', 'token', 'msiEndpoint', 'msiSecret', 'domain'];

/** The parameters that a URL may have. */
export const URL_PARAMETERS: readonly string[] = [...TRANSPORT, 'authentication', ...IDENTITY];

/** As tedious names them; `default` is a login of the server's own, `ntlm` one of a Windows domain. */
const AUTHENTICATIONS = [
  'default',
  'ntlm',
  'azure-active-directory-password',
  'azure-active-directory-access-token',
  'azure-active-directory-msi-vm',
  'azure-active-directory-msi-app-service',
  'azure-active-directory-service-principal-secret',
  'azure-active-directory-default',
];

/**
 * What the driver is told of a URL: `sqlserver://user:password@host:port/database?encrypt=…&trustServerCertificate=…`. A
 * connection is encrypted, and the server's certificate checked, unless the URL says otherwise. Throws an OperatorError for a
 * parameter that it does not know: one that is passed over could be the one that keeps a password from being sent in the clear.
 */
export function connectionConfig(url: string): config & { readonly options: IOptions } {
  const { password, searchParams } = new URL(url);
  const unknown = [...searchParams.keys()].find((name) => !URL_PARAMETERS.includes(name));
  if (unknown !== undefined)
    throw wrongUrl(`a URL of SQL Server has no parameter ${unknown}`, URL_PARAMETERS.join(', '), unknown);
  const { host, port, user, database } = placeOf(url);
  return {
    server: host,
    port,
    database,
    options: transportOf(searchParams),
    authentication: authenticationOf(searchParams, user, decodeURIComponent(password)) as never,
  };
}

function transportOf(parameters: URLSearchParams): IOptions {
  const ca = parameters.get('ca');
  const serverName = parameters.get('hostNameInCertificate');
  const encrypt = oneOf(parameters, 'encrypt', ['true', 'false', 'strict']) ?? 'true';
  const options = {
    encrypt: encrypt === 'strict' ? encrypt : encrypt === 'true',
    trustServerCertificate: oneOf(parameters, 'trustServerCertificate', ['true', 'false']) === 'true',
    ...(ca === null ? {} : { cryptoCredentialsDetails: { ca: readAuthority(ca) } }),
    ...(serverName === null ? {} : { serverName }),
  };
  return options as IOptions;
}

function authenticationOf(parameters: URLSearchParams, user: string, password: string): object {
  const type = oneOf(parameters, 'authentication', AUTHENTICATIONS);
  const own = IDENTITY.flatMap((name) => {
    const value = parameters.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  const login = [
    ...(user === '' ? [] : [['userName', user] as const]),
    ...(password === '' ? [] : [['password', password] as const]),
  ];
  return {
    type: type ?? (parameters.has('domain') ? 'ntlm' : 'default'),
    options: Object.fromEntries([...login, ...own]),
  };
}

function oneOf(parameters: URLSearchParams, name: string, values: readonly string[]): string | undefined {
  const value = parameters.get(name);
  if (value === null) return undefined;
  if (values.includes(value)) return value;
  throw wrongUrl(`${name} has another value in the URL`, `one of ${values.join(', ')}`, value);
}

function readAuthority(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw wrongUrl(`ca cannot be read: ${file}`, 'a file with the certificate of an authority', messageOf(error));
  }
}

function wrongUrl(message: string, expected: string, found: string): OperatorError {
  return new OperatorError({ code: 'wrong-url', message, expected, found });
}
