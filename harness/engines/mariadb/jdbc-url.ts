import type { DatabaseServer } from '#model/stack.ts';

/** `${…}` stands for a value that a config provider fills in where the connector is deployed. */
const AUTHORITY = String.raw`(?:\$\{[^}]*\}|[^/?$]|\$)*`;
const MARIADB = new RegExp(
  String.raw`^jdbc:(?:[\w-]+:)*?(mariadb|mysql):(?:[\w-]+:)*(?://${AUTHORITY}(?:/(?:\$\{[^}]*\}|[^?])*)?)?(\?.*)?$`,
);

/**
 * Parameters that cannot be here what they are where the connector is deployed: they name another server, prove somebody's
 * identity to it, or demand what the lab's server has not.
 */
const ELSEWHERE =
  /^(user|password\d?|pipe|localSocket|localSocketAddress|socketFactory|namedPipePath|credentialType|authenticationPlugins|defaultAuthenticationPlugin|servicePrincipalName|jaas\w*|sslMode|useSSL|useSsl|requireSSL|verifyServerCertificate|disableSslHostnameVerification|serverSslCert|trustServerCertificate|fallbackToSystem\w+|(trust|key)(Store|Certificate|CertificateKeyStore)\w*|keyPassword|enabledSslProtocolSuites|enabledSslCipherSuites|tls\w*|transactionReplication|haMode|replicationEnabled)$/i;

/** In the lab one server has the sinks of all subjects, and by default the drivers find a table's columns in all of them. */
const OWN_DATABASE = 'nullDatabaseMeansCurrent';

/** Whether a JDBC URL is of a driver for MariaDB: its own, or MySQL's. */
export function isJdbcUrl(url: string): boolean {
  return MARIADB.test(url);
}

/** See {@link SinkPort.jdbcUrl}. All other parameters stay: `rewriteBatchedStatements`, `connectionTimeZone` and their like. */
export function jdbcUrlHere(theirs: string | undefined, server: DatabaseServer, database: string): string {
  const [, scheme = 'mariadb', query = ''] = MARIADB.exec(theirs ?? '') ?? [];
  const parameters = query
    .slice(1)
    .split('&')
    .filter((parameter) => parameter !== '' && !ELSEWHERE.test(nameOf(parameter)));
  if (!parameters.some((parameter) => nameOf(parameter) === OWN_DATABASE)) parameters.push(`${OWN_DATABASE}=true`);
  return `jdbc:${scheme}://${server.host}:${server.port}/${encodeURIComponent(database)}?${parameters.join('&')}`;
}

function nameOf(parameter: string): string {
  return parameter.split('=')[0] ?? '';
}
