import type { DiagnosisFacts } from '#model/cause.ts';

/** The engines that write a binary log. Debezium has a connector for each, and a page of documentation. */
export type BinlogEngine = 'mariadb' | 'mysql';

/** MySQL's own connector, or a setting that MySQL alone has; MariaDB where nothing speaks for either. */
export function binlogEngine({ sources, source }: Pick<DiagnosisFacts, 'sources' | 'source'>): BinlogEngine {
  const own = sources.some(({ config }) => /\bMySql(Connector)?$/.test(config['connector.class'] ?? ''));
  return own || source?.settings.gtid_mode !== undefined ? 'mysql' : 'mariadb';
}

/** A place in Debezium's page of a connector; `<engine>` stands there for the engine's name. */
export function connectorPage(engine: BinlogEngine, place: string): string {
  return `https://debezium.io/documentation/reference/stable/connectors/${engine}.html#${place.replace('<engine>', engine)}`;
}
