import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CAUSES } from '#diagnosis/causes/index.ts';
import { diagnose } from '#diagnosis/diagnose.ts';
import type { CauseEntry } from '#diagnosis/entry.ts';
import type { Column, Table } from '#model/catalog.ts';
import type { Cause, DiagnosisFacts, ServerWords, SinkState, SourceState } from '#model/cause.ts';
import type { Finding } from '#model/finding.ts';
import { factsWith, findingOf, jdbcSink } from './diagnosis-facts.ts';

type Given = Partial<DiagnosisFacts>;

/** Facts that show a cause, a part of the advice that it must give, and the same with what shows it taken away. */
export interface Planting {
  readonly facts: Given;
  readonly advises: string;
  /** Replaces facts of the planting: the configuration stays, and the values, words or catalogs do not show it. */
  readonly control: Given;
  /** Further controls, one for each fact without which the cause is not named. */
  readonly controls?: readonly Given[];
  /** Other facts that show the cause too, by what is different; what is reported then is in `planted/` as well. */
  readonly also?: Readonly<Record<string, Also>>;
}

/** Facts that replace those of a planting, and parts of the report that must or must not be there then. */
interface Also {
  readonly facts: Given;
  readonly says?: string | readonly string[];
  readonly omits?: string | readonly string[];
}

/** In `planted/`, beside the file of tests: what is said of each planting, in full. Written anew where this is set. */
const WRITES = process.env.WRITE_PLANTED !== undefined;
const written: string[] = [];

/** Tests of all causes of one file; a cause without a planting, or a planting without a cause, fails. */
export function testPlantings(entries: readonly CauseEntry[], plantings: Readonly<Record<string, Planting>>): void {
  test('every cause of this file has a planting', () => {
    expect(Object.keys(plantings).sort()).toEqual(entries.map(({ code }) => code).sort());
  });
  describe.each(Object.entries(plantings))('%s', (code, { facts, advises, control, controls = [], also = {} }) => {
    test('is the first cause where the facts show it, and says what to change', () => {
      const causes = diagnose(factsWith(facts));
      expect(causes[0]?.code, JSON.stringify(causes.map((one) => one.code))).toBe(code);
      expect(causes[0]?.remedy.join('\n')).toContain(advises);
      expect(JSON.stringify(causes[0])).not.toMatch(/undefined|[’‘]/);
      expectInFull(inFull(causes, diagnose(factsWith({ ...facts, ...control }))));
    });
    test.each([control, ...controls])('is not named where they do not: control %#', (other) => {
      expect(named({ ...facts, ...other })).not.toContain(code);
    });
    test.each(Object.entries(also))('is named %s', (when, { facts: other, says = [], omits = [] }) => {
      const causes = diagnose(factsWith({ ...facts, ...other }));
      const cause = causes.filter((one) => one.code === code);
      expect(cause, JSON.stringify(causes)).toHaveLength(1);
      const full = inFull([...cause, ...causes.filter((one) => one.code !== code)]);
      for (const part of [says].flat()) expect(full).toContain(part);
      for (const part of [omits].flat()) expect(full).not.toContain(part);
      expect(full).not.toMatch(/undefined|[’‘]/);
      expectInFull(full.replace(`## ${code}`, `## ${code}, ${when}`));
    });
  });
}

/** The codes of the causes that these facts show, first cause first. */
export function named(facts: Given): string[] {
  return diagnose(factsWith(facts)).map(({ code }) => code);
}

/** The findings that one cause explains: `lost public.items`. */
export function explains(code: string, facts: Given): string[] {
  const found = CAUSES.find((one) => one.code === code)?.find(factsWith(facts));
  return (found?.explains ?? []).map(({ anomaly, table }) => `${anomaly} ${table ?? 'the pipeline'}`);
}

/** Compares with what stands in `planted/`, in the page of this file of tests; or writes it there. */
export function expectInFull(said: string): void {
  const file = basename(expect.getState().testPath ?? '').replace('.test.ts', '.txt');
  const page = join(import.meta.dirname, 'planted', file);
  written.push(said);
  if (WRITES) writeFileSync(page, written.join('\n'));
  else expect(sections(page), 'set WRITE_PLANTED=1 to write it anew, and read it').toContain(said);
}

/** The first cause, what else is named, and what is named in the control where there is one. */
export function inFull([first, ...others]: readonly Cause[], controlled?: readonly Cause[]): string {
  const list = (title: string, lines: readonly string[]): string =>
    `${title}:\n${lines.map((line) => `- ${line}\n`).join('')}`;
  const codes = (causes: readonly Cause[]): string => causes.map(({ code }) => code).join(', ') || 'nothing';
  return [
    `## ${first?.code}\n\n${first?.says}\n\n`,
    list('Evidence', first?.evidence ?? []),
    list('Remedy', first?.remedy ?? []),
    `\n${first?.certainty}, explains ${first?.anomalies.join(', ') || 'nothing'}; besides it ${codes(others)}${controlled === undefined ? '' : `; in the control ${codes(controlled)}`}\n`,
  ].join('');
}

function sections(file: string): string[] {
  return existsSync(file)
    ? readFileSync(file, 'utf8')
        .split(/\n(?=## )/)
        .map((one) => `${one.trimEnd()}\n`)
    : [];
}

const CONFLUENT_SINK = 'io.confluent.connect.jdbc.JdbcSinkConnector';

/** A subject of one JDBC sink connector. */
export function sinkSubject(
  config: Readonly<Record<string, string>> = {},
  more: Partial<DiagnosisFacts['subject']> = {},
): DiagnosisFacts['subject'] {
  return { name: 'warehouse', kind: 'connect-sink', connectors: [jdbcSink(config)], lacking: [], ...more };
}

export function confluentSubject(config: Readonly<Record<string, string>> = {}): DiagnosisFacts['subject'] {
  return sinkSubject({ 'connector.class': CONFLUENT_SINK, 'pk.mode': 'record_key', ...config });
}

export function programSubject(): DiagnosisFacts['subject'] {
  return { name: 'loader', kind: 'command', run: 'python loader.py', connectors: [], lacking: [] };
}

export function builtinSubject(more: Partial<DiagnosisFacts['subject']>): DiagnosisFacts['subject'] {
  return { name: 'applier', kind: 'builtin', mode: 'upsert', connectors: [], lacking: [], ...more };
}

/** `public.items` with these columns besides its key: name → type. */
export function items(columns: Readonly<Record<string, string>> = {}, key: readonly string[] = ['id']): Table {
  const all = Object.entries({ id: 'bigint', ...columns });
  return {
    ...{ schema: 'public', name: 'items', key },
    columns: all.map(([name, type]): Column => ({ name, type, nullable: name !== 'id', generated: false })),
  };
}

/** Rows that the sink has not applied, and the consumer that has stopped. */
export const STOPPED: readonly Finding[] = [findingOf('stalled'), findingOf('lost')];

/** What a task of Connect reports when its sink fails: the whole chain, the reason at its end. */
export function trace(reason: string, between = 'JDBC sink connector failure'): ServerWords[] {
  const text = [
    'org.apache.kafka.connect.errors.ConnectException: Exiting WorkerSinkTask due to unrecoverable exception.',
    '\tat org.apache.kafka.connect.runtime.WorkerSinkTask.deliverMessages(WorkerSinkTask.java:636)',
    '\tat java.base/java.lang.Thread.run(Thread.java:1583)',
    `Caused by: org.apache.kafka.connect.errors.ConnectException: ${between}`,
    '\tat io.debezium.connector.jdbc.JdbcSinkConnectorTask.put(JdbcSinkConnectorTask.java:112)',
    `Caused by: ${reason}`,
    '\t... 11 more',
  ].join('\n');
  return [{ from: 'sink-task', name: 'warehouse', text }];
}

/** What pgjdbc throws of a batch that PostgreSQL refuses: the statement first, the reason twice. */
export function refusedBatch(error: string): ServerWords[] {
  const columns = Array.from({ length: 30 }, (_, index) => `"column_${index}"`).join(',');
  return trace(
    [
      `java.sql.BatchUpdateException: Batch entry 0 INSERT INTO "public"."items" (${columns}) VALUES (('1'::int8)) was aborted: ERROR: ${error}  Call getNextException to see other errors in the batch.`,
      '\tat org.postgresql.jdbc.BatchResultHandler.handleError(BatchResultHandler.java:165)',
      `Caused by: org.postgresql.util.PSQLException: ERROR: ${error}`,
      '\tat org.postgresql.core.v3.QueryExecutorImpl.receiveErrorResponse(QueryExecutorImpl.java:2736)',
    ].join('\n'),
    'Failed to process a sink record',
  );
}

type Publication = SourceState['publications'][number];

/** A source whose publication `dbz_publication` has `public.items` with all operations, but for what is given. */
export function sourceState(publication: Partial<Publication> = {}, more: Partial<SourceState> = {}): SourceState {
  return {
    publications: [
      {
        ...{ name: 'dbz_publication', allTables: false, tables: ['public.items'], viaRoot: false },
        ...{ operations: ['insert', 'update', 'delete', 'truncate'], filters: {}, columns: {} },
        ...publication,
      },
    ],
    ...{ slots: [], replicaIdentity: { 'public.items': 'default' }, partitions: {}, settings: {} },
    ...more,
  };
}

export function sinkState(more: Partial<SinkState> = {}): SinkState {
  return { tables: [], constraints: [], triggers: [], settings: {}, ...more };
}

/** The last event of a row in the log. */
export function eventOf(op: string): { readonly event: NonNullable<Finding['event']> } {
  return { event: { topic: 'app.public.items', partition: 0, offset: 7n, op } };
}
