import type { Cause, DiagnosisFacts, SourceState } from '#model/cause.ts';
import { ANOMALIES, type Anomaly, type Finding, type Hop } from '#model/finding.ts';
import { commaList } from '#std/comma-list.ts';
import { diagnose } from './diagnose.ts';
import { lookAt } from './look-at.ts';
import { transformsOf } from './reading.ts';

const DOCS = 'https://debezium.io/documentation/reference/stable/operations/monitoring.html';

/** The code of a cause that says that none is known. */
const UNKNOWN = 'unknown';

/** What follows from other findings, and has no cause of its own beside theirs. */
const CONSEQUENCES: readonly Anomaly[] = ['partial-transaction', 'invariant', 'reordered'];

const PLACES: Readonly<Record<Hop, string>> = {
  'source-to-log': 'between source and log',
  log: 'in the log',
  'log-to-sink': 'between log and sink',
};

/** The causes of what was found, first cause first; for classes that none of them explains, one that says what was ruled out. */
export function causesOf(facts: DiagnosisFacts): Cause[] {
  const causes = diagnose(facts);
  const unknown = unexplained(facts, causes);
  return unknown === undefined ? causes : [...causes, unknown];
}

function unexplained(facts: DiagnosisFacts, causes: readonly Cause[]): Cause | undefined {
  const explained = new Set(causes.flatMap(({ anomalies }) => anomalies));
  const own = facts.findings.some(({ anomaly }) => !CONSEQUENCES.includes(anomaly));
  const left = facts.findings.filter(
    ({ anomaly }) => !explained.has(anomaly) && !(own && CONSEQUENCES.includes(anomaly)),
  );
  if (left.length === 0) return undefined;
  const anomalies = ANOMALIES.filter((one) => left.some(({ anomaly }) => anomaly === one));
  const hops = [...new Set(left.flatMap(({ hop }) => hop ?? []))];
  const where = hops.map((hop) => PLACES[hop]).join(', ');
  return {
    code: UNKNOWN,
    says: `No known cause explains these anomalies: ${anomalies.join(', ')}${where === '' ? '' : ` (${where})`}.`,
    evidence: ruledOut(facts, left, hops),
    remedy: [...new Set(left.flatMap(({ anomaly, hop }) => lookAt(anomaly, hop)))],
    docs: DOCS,
    certainty: 'unknown',
    anomalies,
  };
}

/** What was read, and shows nothing that would explain these findings: a sentence each. */
function ruledOut(facts: DiagnosisFacts, left: readonly Finding[], hops: readonly Hop[]): string[] {
  const tables = [...new Set(left.flatMap(({ table }) => table ?? []))];
  const captured = hops.includes('source-to-log');
  const applied = hops.includes('log-to-sink') || hops.length === 0;
  return [
    ...(captured ? [...publicationHolds(facts, tables), ...sourceHolds(facts)] : []),
    ...(applied ? [...sinkHolds(facts, tables), ...consumerHolds(facts)] : []),
  ];
}

function publicationHolds({ source, sources }: DiagnosisFacts, tables: readonly string[]): string[] {
  const names = sources.map(({ config }) => config['publication.name'] ?? 'dbz_publication');
  const publications = source?.publications.filter(({ name }) => names.includes(name)) ?? [];
  return publications
    .filter((one) => tables.length > 0 && tables.every((table) => publishes(one, table)))
    .map(
      ({ name, operations }) =>
        `the publication ${name} contains ${tables.join(', ')}, without a row filter, and publishes ${operations.join(', ')}`,
    );
}

function publishes({ allTables, tables, filters }: SourceState['publications'][number], table: string): boolean {
  return (allTables || tables.includes(table)) && filters[table] === undefined;
}

function sourceHolds({ sources, words }: DiagnosisFacts): string[] {
  const skipping = sources.filter(({ config }) =>
    commaList(config['skipped.operations']).some((one) => ['c', 'u', 'd'].includes(one)),
  );
  return [
    ...(sources.length > 0 && skipping.length === 0 ? ['no source connector skips inserts, updates or deletes'] : []),
    ...(words.some(({ from }) => from === 'source-task') ? [] : ['the source connector reports no error']),
  ];
}

function sinkHolds({ sink }: DiagnosisFacts, tables: readonly string[]): string[] {
  if (sink === undefined) return [];
  const names = tables.map((table) => table.replace(/[^.]*\./, ''));
  const concerns = (text: string): boolean => names.some((name) => text.split(/[.:\s"]+/).includes(name));
  const triggers = sink.triggers.filter(concerns);
  const checks = sink.constraints.filter(({ table, kind }) => kind !== 'primary-key' && concerns(table));
  const hard = checks.filter(({ kind }) => kind !== 'not-null');
  return [
    triggers.length === 0 ? "the sink's tables have no triggers" : `the sink has the triggers ${triggers.join(', ')}`,
    ...(hard.length === 0 ? ["the sink's tables have no foreign keys, unique or check constraints"] : []),
  ];
}

function consumerHolds({ subject, words }: DiagnosisFacts): string[] {
  const said = words.filter(({ from }) => from !== 'source-task' && from !== 'writer');
  const tolerant = subject.connectors.filter(({ config }) => config['errors.tolerance'] === 'all');
  const changing = subject.connectors.flatMap((one) => transformsOf(one).map(({ alias }) => alias));
  return [
    ...(said.length === 0 ? [`${subject.name} reports no error`] : []),
    ...(subject.connectors.length > 0 && tolerant.length === 0 ? ['errors.tolerance is not all'] : []),
    ...(subject.connectors.length > 0 && changing.length === 0 ? ['its connectors have no transforms'] : []),
  ];
}
