import { jdbcSinkSettings } from '#engines/debezium.ts';
import type { SinkConfigOptions } from '#engines/port/sink.ts';
import type { Flavour } from './flavour.ts';

/** Without it the driver writes a moment as a clock shows it where the worker lives. */
const ZONE = 'connectionTimeZone=UTC&preserveInstants=true';

/**
 * By default the driver finds the columns of a table in all databases of the server: the connector then takes a column that
 * another one's table of this name has for its own, and does not add it.
 */
const OWN_DATABASE = 'nullDatabaseMeansCurrent=true';

/** Configuration of the Debezium JDBC sink connector. */
export function sinkConnectorConfig(
  options: SinkConfigOptions,
  { name, connect }: Pick<Flavour, 'name' | 'connect'>,
): Record<string, string> {
  const { server, database } = options;
  const { host, port } = server;
  return jdbcSinkSettings(options, {
    url: `jdbc:${name}://${host}:${port}/${encodeURIComponent(database)}?${[ZONE, OWN_DATABASE, ...connect.jdbc].join('&')}`,
    // A database has no schemas.
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the connector's own placeholder
    collectionName: '"${source.table}"',
  });
}
