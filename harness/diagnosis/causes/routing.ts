import { type TableId, tableId } from '#model/catalog.ts';
import type { DiagnosisFacts } from '#model/cause.ts';
import type { Finding } from '#model/finding.ts';
import type { OwnConnector } from '#model/pipeline.ts';
import { sinkDialect, sinkWords, stands } from '../dialect.ts';
import type { CauseEntry } from '../entry.ts';
import { findingsOf, heard, quoted, transformsOf } from '../reading.ts';

/** The transforms that rename topics: what they call their regular expression and its replacement. */
const ROUTERS: ReadonlyMap<string, readonly [regex: string, replacement: string]> = new Map([
  ['org.apache.kafka.connect.transforms.RegexRouter', ['regex', 'replacement']],
  ['io.debezium.transforms.ByLogicalTableRouter', ['topic.regex', 'topic.replacement']],
]);

interface Router {
  readonly alias: string;
  /** The property with its regular expression, and both properties with their values and file. */
  readonly regex: string;
  readonly properties: string;
  route(topic: string): string;
}

/** The transforms of a connector that rename this topic, in their order, and the name that it gets from them. */
function routed(connector: OwnConnector, plain: string): { readonly topic: string; readonly routers: Router[] } {
  let topic = plain;
  const routers = routersOf(connector).filter(({ route }) => {
    const from = topic;
    topic = route(from);
    return topic !== from;
  });
  return { topic, routers };
}

function routersOf(connector: OwnConnector): Router[] {
  return transformsOf(connector).flatMap(({ alias, type, get, name }): Router[] => {
    const own = ROUTERS.get(type);
    if (own === undefined) return [];
    const [regex, replacement] = own;
    // Connect rejects a router that lacks one of the two.
    const [from, to] = [String(get(regex)), String(get(replacement))];
    const route = (topic: string): string => {
      try {
        return topic.replace(new RegExp(`^(?:${from})$`), to);
      } catch {
        // What Java's expressions can and JavaScript's cannot.
        return topic;
      }
    };
    const properties = `${name(regex)}=${from}, ${name(replacement)}=${to} in ${connector.file}`;
    return [{ alias, regex: name(regex), properties, route }];
  });
}

type Lacking = DiagnosisFacts['subject']['lacking'][number];

/** The transforms of a source that route the events of this table to this topic; none where they do not. */
function routersTo(source: OwnConnector, { topic, table }: Lacking): readonly Router[] {
  const made = routed(source, `${source.config['topic.prefix']}.${table}`);
  return made.topic === topic ? made.routers : [];
}

/** Tables whose events a routing transform of a source sends to a topic that the subject does not read. */
export function movedAway({ sources, subject }: DiagnosisFacts): readonly Lacking[] {
  return subject.lacking.filter((one) => sources.some((source) => routersTo(source, one).length > 0));
}

/** Connect demands one of the two properties. */
const byRegex = ({ config }: OwnConnector): boolean => config['topics.regex'] !== undefined;

/** What a sink connector subscribes to: `topics=a,b in sink.json`. */
export function subscription(sink: OwnConnector): string {
  const property = byRegex(sink) ? 'topics.regex' : 'topics';
  return `${property}=${sink.config[property]} in ${sink.file}`;
}

/** How to make a subject read these topics, in the words of each of its connectors. */
export function subscribe({ connectors, name }: DiagnosisFacts['subject'], topics: string): string[] {
  if (connectors.length === 0) return [`subscribe ${name} to ${topics}`];
  return connectors.map((sink) =>
    byRegex(sink)
      ? `in ${sink.file}: extend topics.regex to match ${topics}`
      : `in ${sink.file}: add ${topics} to topics`,
  );
}

/** Of rows that never arrived at the sink those of these tables. */
export function missingOf(facts: DiagnosisFacts, lacking: readonly Lacking[]): Finding[] {
  return findingsOf(facts, ['lost', 'stale'], ['log-to-sink']).filter(({ table }) =>
    lacking.some((one) => one.table === table),
  );
}

export const listed = (names: readonly string[]): string => [...new Set(names)].join(', ');

const rerouted: CauseEntry = {
  code: 'topic-rerouted',
  title: 'A routing transform of the source connector sends events to a topic that the sink does not consume.',
  anomalies: ['lost', 'stale'],
  docs: 'https://debezium.io/documentation/reference/stable/transformations/topic-routing.html',
  find(facts) {
    const { connectors, name } = facts.subject;
    for (const source of facts.sources) {
      const moved = facts.subject.lacking.filter((one) => routersTo(source, one).length > 0);
      const routers = moved.flatMap((one) => routersTo(source, one));
      const explains = missingOf(facts, moved);
      const [router] = routers;
      if (router === undefined || explains.length === 0) continue;
      const topics = listed(moved.map(({ topic }) => topic));
      const files = connectors.map(({ file }) => file);
      const reads =
        files.length > 1 ? `none of ${files.join(', ')} subscribes` : `${files[0] ?? name} does not subscribe`;
      return {
        says: `transforms.${router.alias} in ${source.file} routes the events of ${listed(moved.map(({ table }) => table))} to ${topics}, but ${reads} to ${topics}.`,
        evidence: [
          ...new Set(routers.map(({ properties }) => properties)),
          ...connectors.map((sink) => subscription(sink)),
        ],
        remedy: [
          ...subscribe(facts.subject, topics),
          `in ${source.file}: remove transforms.${router.alias}, or change ${router.regex} so that it does not match these tables' topics`,
        ],
        certainty: 'shown',
        explains,
      };
    }
    return undefined;
  },
};

/** The name that a JDBC sink makes of a table's, from its format, its own routers, and the topic. */
function targetOf(sink: OwnConnector, format: string, topic: string, source: TableId): string {
  const dot = source.indexOf('.');
  const { topic: routedTopic } = routed(sink, topic);
  const debezium = sinkDialect(sink) === 'debezium';
  // Debezium's replaces the dots of a topic with underscores; the others read them as database, schema and table.
  const name = (sink.config[format] ?? `\${topic}`)
    .replaceAll(`\${topic}`, debezium ? routedTopic.replaceAll('.', '_') : routedTopic)
    .replaceAll(`\${source.table}`, source.slice(dot + 1))
    .replaceAll(`\${source.schema}`, source.slice(0, dot));
  return bareName(name);
}

/** A name without its schema: as configurations and servers write it, with or without quotes. */
function bareName(name: string): string {
  return name.replaceAll('"', '').replace(/.*\./, '');
}

interface Elsewhere {
  readonly finding: Finding;
  readonly table: TableId;
  readonly topic: string;
  readonly target: string;
}

/** Rows that a sink has written to another of its tables than the one compared. */
function writtenElsewhere(facts: DiagnosisFacts, sink: OwnConnector, format: string): Elsewhere[] {
  const has = new Set(facts.sink?.tables.map(({ name }) => name));
  return findingsOf(facts, ['lost', 'stale', 'orphan'], ['log-to-sink']).flatMap((finding) => {
    const { table, event } = finding;
    if (table === undefined || event === undefined) return [];
    const target = targetOf(sink, format, event.topic, table);
    const compared = bareName(facts.subject.compared?.[table] ?? table);
    return target !== compared && has.has(target) ? [{ finding, table, topic: event.topic, target }] : [];
  });
}

const elsewhere: CauseEntry = {
  code: 'sink-table-elsewhere',
  title: 'The table name that the sink connector derives is not that of the compared table, and another table has it.',
  anomalies: ['lost', 'stale', 'orphan'],
  docs: 'https://debezium.io/documentation/reference/stable/connectors/jdbc.html#jdbc-property-collection-name-format',
  find(facts) {
    for (const sink of facts.subject.connectors) {
      const dialect = sinkDialect(sink);
      if (dialect === undefined) continue;
      const format = sinkWords(dialect).tableName;
      const found = writtenElsewhere(facts, sink, format);
      const [first] = found;
      if (first === undefined) continue;
      return {
        says: `${stands(sink, format, `\${topic}`)}: the connector writes the rows of ${listed(found.map(({ table }) => table))} to the sink's table ${listed(found.map(({ target }) => target))}, which is not the one compared.`,
        evidence: [
          ...new Set(
            found.map(
              ({ table, topic, target }) =>
                `the events of ${table} are in the topic ${topic}, and the sink has a table ${target}`,
            ),
          ),
          ...routed(sink, first.topic).routers.map(({ properties }) => properties),
        ],
        remedy: [
          dialect === 'debezium'
            ? `in ${sink.file}: ${format}=\${source.table}`
            : `in ${sink.file}: a RegexRouter transform that reduces the topic name to the table name, or ${format} with the table name itself`,
          'if the other table is the right one, name it under mapping in the pipeline file',
        ],
        certainty: 'shown',
        explains: found.map(({ finding }) => finding),
      };
    }
    return undefined;
  },
};

/** What a server or a connector says of a table or a column that it does not find; Confluent's and Aiven's call columns fields. */
const NOT_FOUND = [
  /column "(?<column>[^"]+)"(?: of relation "(?<table>[^"]+)")? does not exist/,
  /(?<!of )relation "(?<table>[^"]+)" does not exist/,
  /Could not find table: (?<table>\S+)/,
  /Cannot create table (?<table>\S+) because schema evolution is disabled/,
  /Table (?<table>\S+) is missing fields .*?\bname='(?<column>[^']+)'.* and auto-evolution is disabled/,
  /Table (?<table>\S+) is missing and auto-creation is disabled/,
];

/** A name that the sink does not find, and the one of its catalog that differs from it in its case alone. */
export function otherCase(facts: DiagnosisFacts) {
  for (const pattern of NOT_FOUND) {
    const matched = heard(facts, pattern);
    if (matched === undefined) continue;
    const { table: owner = '', column } = matched.match.groups ?? {};
    const relation = bareName(owner);
    const name = column ?? relation;
    for (const table of facts.sink?.tables ?? []) {
      if (column !== undefined && relation !== '' && relation !== table.name) continue;
      const names = column === undefined ? [table.name] : table.columns.map((one) => one.name);
      const there = names.find((one) => one !== name && one.toLowerCase() === name.toLowerCase());
      if (there !== undefined) return { matched, name, there, table, isColumn: column !== undefined };
    }
  }
  return undefined;
}

const QUOTING = {
  debezium: { property: 'quote.identifiers', on: 'true', off: 'false', byDefault: 'false' },
  confluent: { property: 'quote.sql.identifiers', on: 'always', off: 'never', byDefault: 'always' },
  aiven: { property: 'quote.sql.identifiers', on: 'always', off: 'never', byDefault: 'always' },
} as const;

/** How a JDBC sink connector is made to write the name that is there: by quoting it or not, or by naming the table. */
function nameIn(sink: OwnConnector, there: string, isColumn: boolean): string[] {
  const dialect = sinkDialect(sink);
  if (dialect === undefined) return [];
  const { property, on, off, byDefault } = QUOTING[dialect];
  const folds = there === there.toLowerCase();
  const quotes = (sink.config[property] ?? byDefault) !== off;
  if (folds === quotes) return [`in ${sink.file}: ${property}=${folds ? off : on}`];
  return isColumn ? [] : [`in ${sink.file}: ${sinkWords(dialect).tableName}=${there}`];
}

const asIdentifier = (name: string): string => (name === name.toLowerCase() ? name : `"${name}"`);

const nameCase: CauseEntry = {
  code: 'sink-name-case',
  title: 'The sink has a table or column whose name differs in its case from the one that is written.',
  anomalies: ['stalled', 'lost', 'stale', 'orphan'],
  docs: 'https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS',
  seenOn: 'PostgreSQL 18.4, Debezium 3.5.0',
  reported: 'Confluent JDBC, Aiven JDBC',
  find(facts) {
    const found = otherCase(facts);
    if (found === undefined) return undefined;
    const { matched, name, there, table, isColumn } = found;
    const where = isColumn ? `${tableId(table)}.${there}` : tableId(table);
    const owner = `${asIdentifier(table.schema)}.${asIdentifier(table.name)}`;
    const renames = isColumn ? `RENAME COLUMN ${asIdentifier(there)} TO` : 'RENAME TO';
    const connectors = facts.subject.connectors.flatMap((sink) => nameIn(sink, there, isColumn));
    return {
      says: `The sink has ${where}, but ${facts.subject.name} writes to ${name}: PostgreSQL folds unquoted names to lower case and takes quoted names as they are.`,
      evidence: [quoted(matched), `the sink's catalog has ${where}`],
      remedy: [
        ...(facts.subject.connectors.length > 0
          ? connectors
          : [`write ${asIdentifier(there)} in the SQL of ${facts.subject.name}`]),
        `at the sink: ALTER TABLE ${owner} ${renames} ${asIdentifier(name)};`,
      ],
      certainty: 'shown',
      explains: findingsOf(facts, ['stalled', 'lost', 'stale', 'orphan', 'partial-transaction'], ['log-to-sink']),
    };
  },
};

export const ROUTING: readonly CauseEntry[] = [nameCase, rerouted, elsewhere];
