import type { DatabaseServer } from '#model/stack.ts';

/** `${…}` stands for a value that a config provider fills in where the connector is deployed. */
const SQLSERVER = /^jdbc:(?:[\w-]+:)*?sqlserver:(?:\/\/)?(?:\$\{[^}]*\}|[^;$]|\$)*(;.*)?$/s;

/** Properties that name the server and the database, in all their spellings. */
const PLACE = /^(servername|server|instancename|portnumber|port|databasename|database|failoverpartner|serverspn)$/i;

/**
 * Properties that cannot be here what they are where the connector is deployed: they prove somebody's identity, or ask for a
 * certificate that the lab's server has not.
 */
const ELSEWHERE =
  /^(user|username|password|integratedsecurity|authentication|authenticationscheme|accesstoken|accesstokencallbackclass|domain|realm|jaas\w*|usedefaultjaasconfig|msiclientid|aadsecureprincipal\w*|clientcertificate|clientkey\w*|key(store|vault)\w*|truststore\w*|trustmanager\w*|hostnameincertificate|servercertificate|encrypt|trustservercertificate|columnencryptionsetting|enclave\w*|fips|sslprotocol|socketfactory\w*|multisubnetfailover|transparentnetworkipresolution|applicationintent|gsscredential|iparesspreference|ipaddresspreference)$/i;

/** Whether a JDBC URL is of the driver for SQL Server. */
export function isJdbcUrl(url: string): boolean {
  return SQLSERVER.test(url);
}

/** How the lab's own server is reached, as the driver has it: it encrypts by default, and the lab's parameters say otherwise. */
function transport({ parameters = {} }: DatabaseServer): string[] {
  const names = ['encrypt', 'trustServerCertificate', 'hostNameInCertificate'];
  return names.flatMap((name) => (parameters[name] === undefined ? [] : [`${name}=${parameters[name]}`]));
}

/** A value in which a semicolon ends nothing. */
const value = (text: string): string => (/[;{}=]/.test(text) ? `{${text.replaceAll('}', '}}')}}` : text);

/** See {@link SinkPort.jdbcUrl}. All other properties stay: `sendStringParametersAsUnicode`, `useBulkCopyForBatchInsert` and their like. */
export function jdbcUrlHere(theirs: string | undefined, server: DatabaseServer, database: string): string {
  const [, properties = ''] = SQLSERVER.exec(theirs ?? '') ?? [];
  const kept = splitProperties(properties).filter((property) => {
    const name = (property.split('=')[0] ?? '').trim();
    return name !== '' && !PLACE.test(name) && !ELSEWHERE.test(name);
  });
  const own = [`databaseName=${value(database)}`, ...transport(server), ...kept];
  const host = server.host.includes(':') ? `[${server.host}]` : server.host;
  return `jdbc:sqlserver://${host}:${server.port};${own.join(';')}`;
}

/** Between semicolons, of which those in braces part nothing. */
function splitProperties(text: string): string[] {
  return text.match(/(?:\{(?:[^}]|\}\})*\}|[^;{])+/g) ?? [];
}
