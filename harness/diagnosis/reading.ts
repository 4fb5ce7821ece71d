import { type Column, type TableId, tableId } from '#model/catalog.ts';
import type { DiagnosisFacts, ServerWords } from '#model/cause.ts';
import type { Anomaly, Finding, Hop } from '#model/finding.ts';
import type { OwnConnector } from '#model/pipeline.ts';
import type { Text } from '#model/values.ts';
import { whyLeftOut } from '#std/captured.ts';
import { commaList } from '#std/comma-list.ts';
import { type Alteration, alterationOf } from './values.ts';

/** Findings of these classes, at these hops where any are named. */
export function findingsOf(facts: DiagnosisFacts, anomalies: readonly Anomaly[], hops?: readonly Hop[]): Finding[] {
  return facts.findings.filter(
    ({ anomaly, hop }) =>
      anomalies.includes(anomaly) && (hops === undefined || hop === undefined || hops.includes(hop)),
  );
}

/** Of these findings those of tables that this source connector captures, and those of no table. */
export function ofSource({ config, database }: OwnConnector, findings: readonly Finding[]): Finding[] {
  return findings.filter(({ table }) => {
    if (table === undefined) return true;
    const dot = table.indexOf('.');
    const name = table.slice(dot + 1);
    const named =
      database === undefined ? { schema: table.slice(0, dot), name } : { schema: database, name, level: 'database' };
    return whyLeftOut(config, named) === undefined;
  });
}

/** One wrong value, with its column's type at the source and how it was altered. */
export interface WrongValue {
  readonly finding: Finding;
  readonly table: TableId;
  readonly column: string;
  /** The source's own name of its type; empty where its catalog is not known. */
  readonly type: string;
  readonly source: Text;
  readonly sink: Text;
  readonly alteration?: Alteration;
}

/** Every value in which a wrong row differs. */
export function wrongValues(facts: DiagnosisFacts): WrongValue[] {
  const placeholders = facts.sources.flatMap(({ config }) => config['unavailable.value.placeholder'] ?? []);
  // What the log no longer had when the consumer came was altered by nobody.
  const arrived = facts.findings.filter(({ hop }) => hop !== 'log');
  return arrived.flatMap((finding) =>
    (finding.differs ?? []).map(({ column, source, sink }): WrongValue => {
      const table = finding.table ?? '';
      const alteration = alterationOf(source, sink, placeholders[0]);
      return {
        ...{ finding, table, column, source, sink },
        type: columnOf(facts, table, column)?.type ?? '',
        ...(alteration === undefined ? {} : { alteration }),
      };
    }),
  );
}

function columnOf({ tables }: DiagnosisFacts, table: TableId, column: string): Column | undefined {
  return tables.find((one) => tableId(one) === table)?.columns.find(({ name }) => name === column);
}

/** The columns in which a row is wrong, or that it lacks. */
export function wrongColumns({ column, differs = [] }: Finding): string[] {
  return [...new Set([column ?? [], differs.map((one) => one.column)].flat())];
}

/** Findings of wrong values all of which these explain; a row with another fault besides is not explained by them alone. */
export function explainedBy(values: readonly WrongValue[]): Finding[] {
  return [...new Set(values.map(({ finding }) => finding))];
}

/** `pages.html in 12 of 14 wrong rows shown`: in how many of the wrong rows a column shows it. */
export function share(facts: DiagnosisFacts, values: readonly WrongValue[]): string {
  const columns = [...new Set(values.map(({ table, column }) => `${table}.${column}`))];
  const wrong = facts.findings.filter(({ differs }) => differs !== undefined).length;
  return `${columns.join(', ')} in ${explainedBy(values).length} of the ${wrong} wrong rows shown`;
}

/** A server's words in which a pattern is found, with what it found. */
export interface Matched {
  readonly words: ServerWords;
  readonly match: RegExpExecArray;
}

/** The first words of these servers that match. Patterns are over servers' own messages, never over this project's. */
export function heard(
  { words }: DiagnosisFacts,
  pattern: RegExp,
  from: readonly ServerWords['from'][] = ['sink-task', 'applier', 'program', 'worker-log'],
): Matched | undefined {
  for (const one of words) {
    if (!from.includes(one.from)) continue;
    const match = pattern.exec(one.text);
    if (match !== null) return { words: one, match };
  }
  return undefined;
}

/** The line of a message in which a match stands: evidence in the server's own words. */
export function quoted({ words, match }: Matched): string {
  const from = words.text.lastIndexOf('\n', match.index) + 1;
  const to = words.text.indexOf('\n', match.index);
  const end = to === -1 ? undefined : to;
  const isLong = match.index - from + match[0].length > QUOTED_MAX;
  // A batch's message has the whole statement before the reason: then it is quoted from the reason on.
  const said = words.text.slice(isLong ? match.index : from, end).trim();
  return `${words.name} reports: ${said.length > QUOTED_MAX ? `${said.slice(0, QUOTED_MAX)}…` : said}`;
}
const QUOTED_MAX = 400;

/** Transforms of a configuration, in their order. */
export interface Transform {
  readonly alias: string;
  readonly type: string;
  /** A property of it: `get('fields')`. */
  get(property: string): string | undefined;
  /** The property as it stands in the file: `transforms.strip.exclude`. */
  name(property: string): string;
}

export function transformsOf({ config }: OwnConnector): Transform[] {
  return commaList(config.transforms).map((alias) => ({
    alias,
    type: config[`transforms.${alias}.type`] ?? '',
    get: (property) => config[`transforms.${alias}.${property}`],
    name: (property) => `transforms.${alias}.${property}`,
  }));
}

/** Triggers of the sink's owner on the tables of these values, as evidence: what may alter a value as it is written. */
export function triggersOn({ sink }: DiagnosisFacts, values: readonly WrongValue[]): string[] {
  const tables = new Set(values.map(({ table }) => table.split('.').at(-1)));
  return (sink?.triggers ?? [])
    .filter((trigger) => tables.has(trigger.split(':')[0]?.split('.').at(-1)))
    .map((trigger) => `the sink has a trigger on this table: ${trigger}`);
}

/** Whether a type of PostgreSQL is one of these families. */
export function isType(type: string, ...families: readonly string[]): boolean {
  return families.some((family) => type === family || type.startsWith(`${family}(`) || type.startsWith(`${family}[`));
}
