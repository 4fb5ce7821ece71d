import { jdbcSinkSettings } from '#engines/debezium.ts';
import type { SinkConfigOptions } from '#engines/port/sink.ts';
import { jdbcUrlHere } from './jdbc-url.ts';
import { SQLSERVER_SCHEMA } from './quote.ts';

/** Configuration of the Debezium JDBC sink connector, whose plugin has SQL Server's driver. */
export function sinkConnectorConfig(options: SinkConfigOptions): Record<string, string> {
  const { server, database, foreign = false } = options;
  return jdbcSinkSettings(options, {
    url: jdbcUrlHere(undefined, server, database),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the connector's own placeholders
    collectionName: foreign ? `${SQLSERVER_SCHEMA}."\${source.table}"` : '"${source.schema}"."${source.table}"',
  });
}
