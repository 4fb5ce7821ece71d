import type { TableId } from '#model/catalog.ts';
import { commaList } from '#std/comma-list.ts';

type Config = Readonly<Record<string, string>>;

/** Whether one of a property's expressions, which Debezium holds against the whole of a name without regard to case, is of it. */
function isListed(list: string | undefined, name: string): boolean {
  return commaList(list).some((one) => {
    try {
      return new RegExp(`^(?:${one})$`, 'i').test(name);
    } catch {
      return false;
    }
  });
}

const escaped = (name: string): string => name.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll(',', '\\,');

/** A list with one more name. A dot is left as it is where the others are. */
function listWith(list: string, name: string): string {
  const plain = /^[\w.]+$/.test(name) && !list.includes('\\.');
  return `${list.trim().replace(/,$/, '')},${plain ? name : escaped(name)}`;
}

/** A source's configuration with one more table. Whatever lists it has must have it; one that it has not leaves nothing out. */
export function includeTable(config: Config, table: TableId): Config {
  const [schema = ''] = table.split('.', 1);
  const names = { 'schema.include.list': schema, 'table.include.list': table };
  const wanting = Object.entries(names).filter(([list, name]) => {
    const there = config[list] ?? '';
    return there !== '' && !isListed(there, name);
  });
  return {
    ...config,
    ...Object.fromEntries(wanting.map(([list, name]) => [list, listWith(config[list] ?? '', name)])),
  };
}

/** Lists that leave a table out: what a person has put there on purpose. */
export function excludedBy(config: Config, table: TableId): string | undefined {
  const [schema = ''] = table.split('.', 1);
  if (isListed(config['table.exclude.list'], table)) return 'table.exclude.list';
  return isListed(config['schema.exclude.list'], schema) ? 'schema.exclude.list' : undefined;
}

/** Whether a sink reads a topic. */
export function readsTopic(config: Config, topic: string): boolean {
  if (commaList(config.topics).includes(topic)) return true;
  const { 'topics.regex': expression = '' } = config;
  return expression !== '' && new RegExp(`^(?:${expression})$`).test(topic);
}

/** Whether a sink reads topics of a source: some that it names begin with its prefix, or its expression is of the topic. */
export function readsSource(config: Config, prefix: string, topic: string): boolean {
  return readsTopic(config, topic) || commaList(config.topics).some((one) => one.startsWith(`${prefix}.`));
}

const ROUTERS = /RegexRouter|ByLogicalTableRouter|TimestampRouter|TopicRouter|ExtractTopic/;

/** A transform of a connector that gives records another topic; undefined where it has none that is known. */
export function routerOf(config: Config): string | undefined {
  return commaList(config.transforms).find((name) => ROUTERS.test(config[`transforms.${name}.type`] ?? ''));
}

/** What Debezium's JDBC sink calls the table of a topic, in parts: what its format has for each. Undefined where one is for all. */
export function targetParts(config: Config, topic: string, table: TableId): readonly string[] | undefined {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the connector's own placeholder
  const format = config['collection.name.format'] ?? config['table.name.format'] ?? '${topic}';
  if (!format.includes('${')) return undefined;
  const dot = table.indexOf('.');
  const values: Readonly<Record<string, string>> = {
    topic: topic.replaceAll('.', '_'),
    'source.schema': table.slice(0, dot),
    'source.table': table.slice(dot + 1),
  };
  const filled = format.replaceAll(/\$\{([^}]+)\}/g, (whole, name: string) => values[name] ?? whole);
  return filled.split('.').map((part) => part.replaceAll(/["`]/g, ''));
}
