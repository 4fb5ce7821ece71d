import { tableId } from '#model/catalog.ts';
import type { DiagnosisFacts } from '#model/cause.ts';
import type { Finding } from '#model/finding.ts';
import type { OwnConnector } from '#model/pipeline.ts';
import { sinkDialect, sinkWords, stands } from '../dialect.ts';
import type { CauseEntry } from '../entry.ts';
import { findingsOf, heard, quoted, transformsOf } from '../reading.ts';

const REGEX_ROUTER = 'org.apache.kafka.connect.transforms.RegexRouter';
const TABLE_ROUTER = 'io.debezium.transforms.ByLogicalTableRouter';

interface Router {
  readonly alias: string;
  readonly type: string;
  /** The two properties as they stand in the file. */
  readonly stands: string;
  route(topic: string): string;
}

/** The transforms of a connector that rename topics, in their order. */
function routersOf(connector: OwnConnector): Router[] {
  return transformsOf(connector).flatMap(({ alias, type, get, name }): Router[] => {
    const [regex, replacement] =
      type === TABLE_ROUTER ? ['topic.regex', 'topic.replacement'] : ['regex', 'replacement'];
    const [from, to] = [get(regex), get(replacement)];
    if ((type !== REGEX_ROUTER && type !== TABLE_ROUTER) || from === undefined || to === undefined) return [];
    const route = (topic: string): string => {
      try {
        const whole = new RegExp(`^(?:${from})$`);
        return whole.test(topic) ? topic.replace(whole, to) : topic;
      } catch {
        // What Java's expressions can and JavaScript's cannot.
        return topic;
      }
    };
    return [{ alias, type, stands: `${name(regex)}=${from}, ${name(replacement)}=${to} in ${connector.file}`, route }];
  });
}

function routed(connector: OwnConnector, topic: string): string {
  return routersOf(connector).reduce((name, { route }) => route(name), topic);
}

/** Tables whose events a routing transform of a source sends to a topic that the subject does not read. */
export function movedAway(
  { sources, subject }: DiagnosisFacts,
  only?: OwnConnector,
): DiagnosisFacts['subject']['lacking'] {
  return subject.lacking.filter(({ topic, table }) =>
    sources.some((source) => {
      const plain = `${source.config['topic.prefix'] ?? ''}.${table}`;
      return (only ?? source) === source && topic !== plain && routed(source, plain) === topic;
    }),
  );
}

const rerouted: CauseEntry = {
  code: 'topic-rerouted',
  title: 'A routing transform of the source sends events to a topic that the sink connector does not read.',
  anomalies: ['lost', 'stale'],
  docs: 'https://debezium.io/documentation/reference/stable/transformations/topic-routing.html',
  find(facts) {
    const { connectors, name } = facts.subject;
    for (const source of facts.sources) {
      const routers = routersOf(source);
      const moved = movedAway(facts, source);
      const tables = moved.map(({ table }) => table);
      const explains = findingsOf(facts, ['lost', 'stale'], ['log-to-sink']).filter(({ table }) =>
        tables.includes(table ?? ''),
      );
      const [router] = routers;
      if (router === undefined || explains.length === 0) continue;
      const topics = [...new Set(moved.map(({ topic }) => topic))].join(', ');
      const sinks = connectors.map(({ file }) => file).join(', ') || name;
      return {
        says: `transforms.${router.alias} in ${source.file} sends the events of ${tables.join(', ')} to ${topics}, and ${sinks} does not read it.`,
        evidence: [
          ...routers.map((one) => one.stands),
          ...connectors.map((sink) =>
            stands(sink, sink.config['topics.regex'] === undefined ? 'topics' : 'topics.regex', 'none'),
          ),
        ],
        remedy: [
          `add ${topics} to the topics of ${sinks}`,
          `take transforms.${router.alias} out of ${source.file}, or let its expression leave these topics alone`,
        ],
        certainty: 'shown',
        explains,
      };
    }
    return undefined;
  },
};

/** The name that a JDBC sink makes of a table's, from its format, its own routers, and the topic. */
function targetOf(sink: OwnConnector, format: string, finding: Finding): string {
  const topic = routed(sink, finding.event?.topic ?? '');
  const [schema = '', table = ''] = (finding.table ?? '').split(/\.(.*)/);
  const debezium = sinkDialect(sink) === 'debezium';
  // Debezium's writes the dots of a topic as underscores; the others take them for database, schema and table.
  const name = (sink.config[format] ?? `\${topic}`)
    .replaceAll(`\${topic}`, debezium ? topic.replaceAll('.', '_') : topic)
    .replaceAll(`\${source.table}`, table)
    .replaceAll(`\${source.schema}`, schema);
  return name.split('.').at(-1) ?? name;
}

const elsewhere: CauseEntry = {
  code: 'sink-table-elsewhere',
  title: 'The sink connector makes another table name than that of the compared table, and writes there.',
  anomalies: ['lost', 'stale', 'orphan'],
  docs: 'https://debezium.io/documentation/reference/stable/connectors/jdbc.html#jdbc-property-collection-name-format',
  find(facts) {
    const has = new Set(facts.sink?.tables.map(({ name }) => name));
    for (const sink of facts.subject.connectors) {
      const dialect = sinkDialect(sink);
      if (dialect === undefined) continue;
      const format = sinkWords(dialect).tableName;
      const named = findingsOf(facts, ['lost', 'stale', 'orphan'], ['log-to-sink']).flatMap((finding) => {
        const target = finding.event === undefined ? '' : targetOf(sink, format, finding);
        const compared = facts.subject.compared?.[finding.table ?? ''] ?? finding.table;
        const own = compared?.split('.').at(-1);
        return target !== '' && target !== own && has.has(target) ? [{ finding, target }] : [];
      });
      const [first] = named;
      if (first === undefined) continue;
      const targets = [...new Set(named.map(({ target }) => target))].join(', ');
      return {
        says: `${stands(sink, format, `\${topic}`)}: the connector writes the rows of ${first.finding.table} into the sink's table ${targets}.`,
        evidence: [
          `its topic is ${first.finding.event?.topic}, and the sink has a table ${targets}`,
          ...routersOf(sink).map((one) => one.stands),
        ],
        remedy: [
          dialect === 'debezium'
            ? `in ${sink.file}: ${format}=\${source.table}`
            : `in ${sink.file}: a RegexRouter that leaves the table's name of the topic's, or ${format} with the name`,
          'say under mapping which table of the sink is meant',
        ],
        certainty: 'shown',
        explains: named.map(({ finding }) => finding),
      };
    }
    return undefined;
  },
};

/** A name that PostgreSQL does not find, and the one of the sink's catalog that differs from it in its case alone. */
export function otherCase(facts: DiagnosisFacts) {
  const matched = heard(
    facts,
    /(column|relation) "([^"]+)"(?: of relation "[^"]+")? does not exist|Could not find table: (\S+)/,
  );
  if (matched === undefined) return undefined;
  const [, kind = 'relation', quotedName, plainName] = matched.match;
  const name = quotedName ?? plainName ?? '';
  const bare = name.split('.').at(-1) ?? name;
  const names = (facts.sink?.tables ?? []).flatMap((table) =>
    kind === 'relation'
      ? [{ name: table.name, where: tableId(table) }]
      : table.columns.map((one) => ({ name: one.name, where: `${tableId(table)}.${one.name}` })),
  );
  const there = names.find((one) => one.name !== bare && one.name.toLowerCase() === bare.toLowerCase());
  return there === undefined ? undefined : { matched, bare, there };
}

const nameCase: CauseEntry = {
  code: 'sink-name-case',
  title: "The sink's table or column has capital letters, and the statement's name has others.",
  anomalies: ['stalled', 'lost', 'stale', 'orphan'],
  docs: 'https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS',
  seenOn: 'PostgreSQL 18.4, Debezium 3.5.0',
  find(facts) {
    const found = otherCase(facts);
    if (found === undefined) return undefined;
    const { matched, bare, there } = found;
    const sinks = facts.subject.connectors.flatMap((sink) => {
      const dialect = sinkDialect(sink);
      if (dialect === undefined) return [];
      return [`in ${sink.file}: ${dialect === 'debezium' ? 'quote.identifiers=true' : 'quote.sql.identifiers=always'}`];
    });
    return {
      says: `The sink has ${there.where}, and ${facts.subject.name} writes ${bare}: PostgreSQL folds a name without quotes to lower case, and one in quotes is as it stands.`,
      evidence: [quoted(matched), `the sink's catalog has ${there.where}`],
      remedy: [
        ...(sinks.length > 0 ? sinks : ['quote the name in the statements of the consumer']),
        'give the table and its columns names in lower case at the sink',
      ],
      certainty: 'shown',
      explains: findingsOf(facts, ['stalled', 'lost', 'stale', 'orphan', 'partial-transaction'], ['log-to-sink']),
    };
  },
};

export const ROUTING: readonly CauseEntry[] = [nameCase, rerouted, elsewhere];
