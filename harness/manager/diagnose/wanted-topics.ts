import type { End } from '#model/stack.ts';
import { commaList } from '#std/comma-list.ts';
import { engineOfConfig, namedTables } from './connector-address.ts';

type Config = Readonly<Record<string, string>>;

/** What may have a connector write topics of other names than its tables'. */
const RENAMES = /^(?:transforms|topic\.(?:naming\.strategy|delimiter))/;

/**
 * The topics that a connector of this configuration writes or reads, as far as they are named one by one: none where an
 * expression selects them, or a transform may give them another name.
 */
export function wantedTopics(end: End, config: Config): readonly string[] {
  if (end === 'sink') return commaList(config.topics);
  const engine = engineOfConfig(config);
  const [prefix, database] = [config['topic.prefix'], config['database.dbname'] ?? config['database.names'] ?? ''];
  if (engine === undefined || prefix === undefined || Object.keys(config).some((name) => RENAMES.test(name))) return [];
  // Of several databases a table's name alone does not say whose it is.
  if (database.includes(',')) return [];
  return namedTables(config).map((table) => engine.source.topicOf({ prefix, database, table }));
}
