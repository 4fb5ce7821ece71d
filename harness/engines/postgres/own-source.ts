import type { OwnSourcePort } from '#engines/port/own-source.ts';
import { commaList } from '#std/comma-list.ts';
import { slotName } from './connectors.ts';
import { sourceBlock } from './source-block.ts';
import { OWN_SCHEMA } from './versions.ts';

export const own: OwnSourcePort = {
  classes: ['io.debezium.connector.postgresql.PostgresConnector'],
  settings(config, { server, database, hidden }) {
    const here: Record<string, string | null> = {
      'database.hostname': server.host,
      'database.port': String(server.port),
      'database.user': server.user,
      'database.password': server.password,
      'database.dbname': database,
    };
    // A server that is not the lab's alone may have the slot, with the position of somebody else's connector.
    if (server.ownPrefix !== undefined) here['slot.name'] = slotName(server, config['slot.name'] ?? 'debezium');
    // Plugins for the server's side that a managed PostgreSQL has and this one has not.
    if (config['plugin.name'] !== 'pgoutput') here['plugin.name'] = 'pgoutput';
    // Without TLS the driver looks at no certificate: where it lies need not differ.
    for (const [property, value] of Object.entries(config)) if (demandsTls(property, value)) here[property] = 'disable';
    const includes = ['schema.include.list', 'table.include.list'].some((list) => commaList(config[list]).length > 0);
    if (hidden && !includes)
      here['schema.exclude.list'] = [...commaList(config['schema.exclude.list']), OWN_SCHEMA].join(',');
    return here;
  },
  headers: ['op', ...sourceBlock.fields.map((field) => `source.${field}`)],
  headersWithoutValue: [],
  databases: () => [],
  named: (table) => table,
};

/** The lab's server speaks without TLS; `allow` and `prefer` are content with that. */
function demandsTls(property: string, value: string): boolean {
  return /^(database|driver)\.sslmode$/.test(property) && !/^(disable|allow|prefer)$/i.test(value);
}
