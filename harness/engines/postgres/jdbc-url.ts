import type { DatabaseServer } from '#model/stack.ts';

/** `${…}` stands for a value that a config provider fills in where the connector is deployed; it may hold any character. */
const AUTHORITY = String.raw`(?:\$\{[^}]*\}|[^/?;$]|\$)*`;
const POSTGRES = new RegExp(
  String.raw`^(jdbc:(?:[\w-]+:)*(?:postgresql|postgres|pgsql):)(?://${AUTHORITY}(?:/(?:\$\{[^}]*\}|[^?])*)?|[^?]*)(\?.*)?$`,
);

/**
 * Parameters that cannot be here what they are where the connector is deployed: they name another server, prove somebody's
 * identity to it, or demand what the lab's server has not. Credentials in a URL win over the connector's own properties.
 */
const ELSEWHERE =
  /^(user|password|PGHOST|PGPORT|PGDBNAME|service|localSocketAddress|socketFactory|socketFactoryArg|cloudSql\w*|ipTypes|enableIamAuth|unixSocketPath|authenticationPluginClassName|sslfactory|sslfactoryarg|sslhostnameverifier|sslpasswordcallback|sslcert|sslkey|sslrootcert|sslpassword|sslNegotiation|jaas\w*|kerberosServerName|gsslib|sspiServiceClass|useSpnego)$/i;

/** Values that ask for what the lab's one server without TLS cannot give; other values of the same parameters stay. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  ssl: /^(true|)$/i,
  sslmode: /^(require|verify-ca|verify-full)$/i,
  channelbinding: /^require$/i,
  gssencmode: /^require$/i,
  requireauth: /./,
  targetservertype: /^(secondary|slave)$/i,
};

function stays(parameter: string): boolean {
  const [name = '', value = ''] = parameter.split('=');
  return name !== '' && !ELSEWHERE.test(name) && REFUSED[name.toLowerCase()]?.test(value) !== true;
}

/** Whether a JDBC URL is of a driver for this engine. */
export function isJdbcUrl(url: string): boolean {
  return POSTGRES.test(url);
}

/**
 * A JDBC URL with the lab's host, port and database and all other parameters that it had: `stringtype`, `currentSchema`,
 * `reWriteBatchedInserts` and their like decide what a sink does. Another driver's parameters mean nothing here, so they
 * go with their URL.
 */
export function jdbcUrlHere(theirs: string | undefined, server: DatabaseServer, database: string): string {
  const address = `//${server.host}:${server.port}/${database}`;
  const [, scheme = 'jdbc:postgresql:', query = ''] = POSTGRES.exec(theirs ?? '') ?? [];
  const parameters = query
    .slice(1)
    .split('&')
    .filter((parameter) => stays(parameter));
  return `${scheme}${address}${parameters.length === 0 ? '' : `?${parameters.join('&')}`}`;
}
