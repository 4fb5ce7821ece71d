import { escaped } from '#engines/debezium.ts';
import type { OwnSourcePort } from '#engines/port/own-source.ts';
import { commaList } from '#std/comma-list.ts';
import { OWN_PREFIX, serverId } from './connectors.ts';
import type { Flavour } from './flavour.ts';
import { SOURCE_FIELDS } from './source-block.ts';

type Config = Readonly<Record<string, string>>;

/** The name of the transform that the lab adds, and of its predicate. */
const OWN = 'driftlab';

export const ownOf = ({ connect }: Pick<Flavour, 'connect'>): OwnSourcePort => ({
  classes: [connect.className],
  settings(config, { server, database, hidden }) {
    const here: Record<string, string | null> = {
      'database.hostname': server.host,
      'database.port': String(server.port),
      'database.user': server.user,
      'database.password': server.password,
      // The server has databases of the lab beside it.
      'database.include.list': database,
      'database.exclude.list': null,
      ...transactions(config),
    };
    // A server that is not the lab's alone would end the session of whoever has the id already.
    if (server.ownPrefix !== undefined)
      here['database.server.id'] = String(
        serverId(server, `${config['topic.prefix']} ${config['database.server.id']}`),
      );
    // By default TLS is used where a server has it. What a login without TLS needs besides (MySQL's caching_sha2_password: the
    // server's key) is needed then, too.
    const asHere = /^preferred$/i.test(config['database.ssl.mode'] ?? 'preferred');
    for (const [property, value] of Object.entries(connect.settings))
      if (property !== 'database.ssl.mode' || !asHere) here[property] = value;
    if (hidden && commaList(config['table.include.list']).length === 0)
      here['table.exclude.list'] = [
        ...commaList(config['table.exclude.list']),
        `${escaped(database)}\\.${OWN_PREFIX}.*`,
      ].join(',');
    return here;
  },
  headers: ['op', ...SOURCE_FIELDS.map((field) => `source.${field}`), 'transaction.total_order'],
  // A snapshot has no transactions, and what comes after it does not say that it is none.
  headersWithoutValue: ['source.gtid', 'source.snapshot', 'transaction.total_order'],
  databases(config) {
    const databases = commaList(config['database.include.list']);
    const ofTables = commaList(config['table.include.list']).map((table) => table.split(/\\?\./)[0] ?? '');
    // An entry is a regular expression: only of a plain one can be said what it names.
    return [...new Set([...databases, ...ofTables].map((one) => one.replaceAll('\\', '')))].filter((name) =>
      /^[\w$-]+$/.test(name),
    );
  },
  named: ({ name }, database) => ({ schema: database, name, level: 'database' }),
});

/**
 * An event says where its transaction starts, and only with `provide.transaction.metadata` which of its events it is. The
 * connector then writes to a topic of transactions, too, which nobody has asked for: its records are dropped.
 */
function transactions(config: Config): Record<string, string> {
  if (config['provide.transaction.metadata'] === 'true') return {};
  const topic = [config['topic.prefix'] ?? '', config['topic.transaction'] ?? 'transaction'];
  return {
    'provide.transaction.metadata': 'true',
    transforms: [OWN, ...commaList(config.transforms)].join(','),
    [`transforms.${OWN}.type`]: 'org.apache.kafka.connect.transforms.Filter',
    [`transforms.${OWN}.predicate`]: OWN,
    predicates: [...commaList(config.predicates), OWN].join(','),
    [`predicates.${OWN}.type`]: 'org.apache.kafka.connect.transforms.predicates.TopicNameMatches',
    [`predicates.${OWN}.pattern`]: escaped(topic.join(config['topic.delimiter'] ?? '.')),
  };
}
