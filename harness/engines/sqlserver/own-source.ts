import { escaped } from '#engines/debezium.ts';
import type { OwnSourcePort } from '#engines/port/own-source.ts';
import { commaList } from '#std/comma-list.ts';
import { OWN_SCHEMA } from './capture.ts';
import { driverSettings, programOf } from './connectors.ts';
import { sourceBlock } from './source-block.ts';

export const own: OwnSourcePort = {
  classes: ['io.debezium.connector.sqlserver.SqlServerConnector'],
  settings(config, { server, database, hidden }) {
    const here: Record<string, string | null> = {
      'database.hostname': server.host,
      'database.port': String(server.port),
      // A named instance is found by the browser service; here the port says which it is.
      'database.instance': null,
      'database.user': server.user,
      'database.password': server.password,
      // The server has databases of the lab beside it.
      'database.names': database,
      ...driverSettings(server),
      // Of several connectors of one database each is known by its own.
      ...programOf(config['topic.prefix'] ?? ''),
    };
    for (const store of ['trustStore', 'trustStorePassword', 'hostNameInCertificate'].map((name) => `driver.${name}`))
      if (config[store] !== undefined) here[store] ??= null;
    if (hidden && commaList(config['table.include.list']).length === 0)
      here['table.exclude.list'] = [...commaList(config['table.exclude.list']), `${escaped(OWN_SCHEMA)}\\..*`].join(
        ',',
      );
    return here;
  },
  headers: ['op', ...sourceBlock.fields.map((field) => `source.${field}`)],
  // A snapshot knows the commit alone.
  headersWithoutValue: ['source.change_lsn', 'source.event_serial_no'],
  databases: (config) => commaList(config['database.names']).filter((name) => /^[\w$-]+$/.test(name)),
  named: ({ schema, name }, database) => ({ schema, name, level: 'schema', database }),
};
