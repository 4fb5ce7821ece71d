import type { SinkPort } from '#engines/port/sink.ts';
import type { Flavour } from './flavour.ts';

/** `${…}` stands for a value that a config provider fills in where the connector is deployed. */
const AUTHORITY = String.raw`(?:\$\{[^}]*\}|[^/?$]|\$)*`;
const urlOf = (scheme: string): RegExp =>
  new RegExp(
    String.raw`^jdbc:(?:[\w-]+:)*?${scheme}:(?:[\w-]+:)*(?://${AUTHORITY}(?:/(?:\$\{[^}]*\}|[^?])*)?)?(\?.*)?$`,
  );

/**
 * Parameters that cannot be here what they are where the connector is deployed: they name another server, prove somebody's
 * identity to it, or demand what the lab's server has not.
 */
const ELSEWHERE =
  /^(user|password\d?|pipe|localSocket|localSocketAddress|socketFactory|namedPipePath|credentialType|authenticationPlugins|defaultAuthenticationPlugin|servicePrincipalName|jaas\w*|sslMode|useSSL|useSsl|requireSSL|verifyServerCertificate|disableSslHostnameVerification|serverSslCert|trustServerCertificate|fallbackToSystem\w+|(trust|key)(Store|Certificate|CertificateKeyStore)\w*|keyPassword|enabledSslProtocolSuites|enabledSslCipherSuites|tls\w*|transactionReplication|haMode|replicationEnabled)$/i;

/** In the lab one server has the sinks of all subjects, and by default the drivers find a table's columns in all of them. */
const OWN_DATABASE = 'nullDatabaseMeansCurrent=true';

/** The JDBC URLs of the engine's own driver. */
export function jdbcUrlsOf({
  name,
  connect,
}: Pick<Flavour, 'name' | 'connect'>): Pick<SinkPort, 'isJdbcUrl' | 'jdbcUrl'> {
  const own = urlOf(name);
  return {
    isJdbcUrl: (url) => own.test(url),
    // All other parameters stay: `rewriteBatchedStatements`, `connectionTimeZone` and their like.
    jdbcUrl(theirs, server, database) {
      const [, query = ''] = own.exec(theirs ?? '') ?? [];
      const parameters = query
        .slice(1)
        .split('&')
        .filter((parameter) => parameter !== '' && !ELSEWHERE.test(nameOf(parameter)));
      const named = new Set(parameters.map(nameOf));
      parameters.push(...[OWN_DATABASE, ...connect.jdbc].filter((parameter) => !named.has(nameOf(parameter))));
      return `jdbc:${name}://${server.host}:${server.port}/${encodeURIComponent(database)}?${parameters.join('&')}`;
    },
  };
}

function nameOf(parameter: string): string {
  return parameter.split('=')[0] ?? '';
}
