import { basename } from 'node:path';
import { runSqlFiles, type SqlFile } from '#engines/postgres/sql-file.ts';
import { OWN_SCHEMA } from '#engines/postgres/versions.ts';
import { crashConsumers } from '#faults/crash-consumers.ts';
import { killConnect } from '#faults/kill-connect.ts';
import { none } from '#faults/none.ts';
import { passRetention } from '#faults/pass-retention.ts';
import { pauseConsumers } from '#faults/pause-consumers.ts';
import { snapshotAgain } from '#faults/snapshot-again.ts';
import { truncate } from '#faults/truncate.ts';
import type { Fault } from '#model/fault.ts';
import type { CommandSpec, Database, Design, VariantSpec } from '#model/pipeline.ts';
import type { Expectation, FailureMode, Scenario } from '#model/scenario.ts';
import type { Weakness } from '#model/subject.ts';
import type { Workload } from '#model/workload.ts';
import { OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';
import { genericWorkload } from '#workloads/generic/generic.ts';
import { checkMapping, mappedAway, noteVersions } from './check-mapping.ts';
import { checkSinkOf } from './check-sink.ts';
import { readConnector } from './connector-file.ts';
import { refuseSinkElsewhere, refuseSourceElsewhere } from './elsewhere.ts';
import { expectationOf } from './expectation.ts';
import { leavingOut, notesVersions, pairTables } from './pair.ts';
import { ownPlugins } from './plugins.ts';
import type { ReadFile } from './read-file.ts';
import { FAULT_NAMES, type FaultEntry, type FaultName, type PipelineFile } from './schema.ts';
import {
  builtinWeaknesses,
  type Configuration,
  commandWeaknesses,
  sharedWeaknesses,
  sinkWeaknesses,
  sourceWeaknesses,
} from './weaknesses.ts';

/** Records that must have been captured before a fault that counts them: enough to show, and soon there. */
const RECORDS = 100;

/** The lab's own sink connector honours a TRUNCATE here: the source connector captures it. */
const LAB_SINK = { 'truncate.enabled': 'true' };

/** The name of the lab's own applier where it runs beside. */
const CONTROL = 'control';

/**
 * What a pipeline file asks for, as a scenario: its subjects are the variants, each of its faults is a mode with a
 * pipeline of its own. Reads the files that it names; throws an OperatorError for one that is missing or wrong.
 */
export function planPipeline(read: ReadFile): Scenario {
  const { file } = read;
  const sources = sourceConfigurations(read);
  const unreadable = sources.map(whyUnreadable).find((why) => why !== undefined);
  const { variants, weaknesses, needs } = subjectsOf(read, unreadable);
  const design: Design = {
    connectors: sources.map(({ config, file: of, name }) => ({ name, file: of, config })),
    sinkSql: sqlFiles(read, file.sink?.schema, ['sink', 'schema']),
    plugins: ownPlugins(read, sources, variants),
    hidden: notesVersions(file.mapping) ? [OWN_SCHEMA] : [],
  };
  const name = file.name ?? nameOf(read.path);
  const unchecked: string[] = [...mappedAway(file.mapping)];
  if (unreadable !== undefined && file.control === true)
    unchecked.push(
      `the control does not run beside: the lab's applier reads envelopes in JSON with schemas, and ${unreadable}`,
    );
  const chosen = faultsOf(file, {
    ...needs,
    ownConnector: sources.length > 0,
    program: file.writer?.command !== undefined,
  });
  return {
    id: name,
    aliases: [],
    title: `Does ${name} survive`,
    story: `The pipeline of ${read.path}.`,
    workload: workloadOf(read, name, unchecked),
    variants,
    modes: chosen.map((entry, index): FailureMode => {
      const before = chosen.slice(0, index).filter(({ fault }) => fault === entry.fault).length;
      return modeOf(read, entry, before === 0 ? entry.fault : `${entry.fault}-${before + 1}`, Object.keys(variants));
    }),
    design,
    notes: {
      file: read.path,
      weaknesses: [
        ...sources.flatMap((source) => sourceWeaknesses(source)),
        ...sharedWeaknesses(sources),
        ...weaknesses,
      ],
      unchecked,
    },
  };
}

/** `shop/my-pipeline.yaml` → `my-pipeline`. */
function nameOf(path: string): string {
  const plain = basename(path)
    .replace(/\.(ya?ml|json)$/, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '');
  return plain === '' ? 'pipeline' : plain.slice(0, 30);
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}

function sqlFiles(
  read: ReadFile,
  named: string | readonly string[] | undefined,
  place: readonly (string | number)[],
): SqlFile[] {
  return listOf(named).map((file) => ({ file, sql: read.text(file, place) }));
}

function sourceConfigurations(read: ReadFile): (Configuration & { readonly name: string })[] {
  return listOf(read.file.connector).map((file, index) => {
    const at = read.at(['connector']);
    const found = readConnector(read.text(file, ['connector']), file, at);
    refuseSourceElsewhere({ file, config: found.config }, at);
    return { file, config: found.config, name: (found.name ?? `connector-${index + 1}`).replaceAll(/[^\w.-]/g, '-') };
  });
}

interface Needs {
  /** Some consumer is a process of its own. */
  readonly crash: boolean;
}

interface Subjects {
  readonly variants: Readonly<Record<string, VariantSpec>>;
  readonly weaknesses: readonly Weakness[];
  readonly needs: Needs;
}

/** Why the lab's own applier cannot read what a source connector writes; undefined where it can. */
function whyUnreadable({ file, config }: Configuration): string | undefined {
  const converter = config['value.converter'];
  if (converter !== undefined && !converter.endsWith('JsonConverter')) return `value.converter=${converter} in ${file}`;
  if (config['value.converter.schemas.enable'] === 'false') return `value.converter.schemas.enable=false in ${file}`;
  const unwrapping = Object.keys(config).find((name) => config[name]?.endsWith('.ExtractNewRecordState') === true);
  return unwrapping === undefined ? undefined : `${unwrapping} in ${file} takes the envelope off`;
}

function subjectsOf(read: ReadFile, unreadable: string | undefined): Subjects {
  const { file } = read;
  const pair = pairTables(file.mapping);
  const plain = pairTables(leavingOut(file.mapping));
  const checkSink = checkSinkOf(read);
  const variants: Record<string, VariantSpec> = {};
  const weaknesses: Weakness[] = [];
  for (const [index, subject] of (file.subjects ?? []).entries()) {
    const { name, connector, command, builtin } = subject;
    if (Object.hasOwn(variants, name))
      throw new OperatorError({
        code: 'subject-twice',
        message: `${read.at(['subjects', index])}: there are two subjects ${JSON.stringify(name)}`,
        expected: 'a name of its own for each',
      });
    if (connector !== undefined) {
      const at = read.at(['subjects', index, 'connector']);
      const { config } = readConnector(read.text(connector, ['subjects', index, 'connector']), connector, at);
      refuseSinkElsewhere({ file: connector, config }, at);
      variants[name] = { kind: 'connect-sink', title: connector, config, whole: true, pair, checkSink };
      weaknesses.push(...sinkWeaknesses(name, { file: connector, config }));
    } else if (command !== undefined) {
      const program = programOf(read, command, subject.env, subject.restart ?? true);
      variants[name] = { kind: 'command', title: command, command: program, pair, checkSink };
      weaknesses.push(...commandWeaknesses(name, command));
    } else {
      const mode = builtin ?? 'dedup';
      if (unreadable !== undefined)
        throw new OperatorError({
          code: 'builtin-cannot-read',
          message: `${read.at(['subjects', index])}: the built-in applier cannot read what this connector writes`,
          expected: 'envelopes in JSON with schemas',
          found: unreadable,
          hint: 'test a sink connector or a program of your own',
        });
      variants[name] = { ...appliers(mode), pair: plain };
      weaknesses.push(...builtinWeaknesses(name, mode));
    }
  }
  if (file.subjects === undefined)
    Object.assign(variants, {
      'debezium-jdbc': {
        kind: 'connect-sink',
        title: 'Debezium JDBC sink connector, upsert',
        config: LAB_SINK,
        pair: plain,
      },
    } satisfies Record<string, VariantSpec>);
  if ((file.control ?? file.subjects === undefined) && unreadable === undefined)
    variants[CONTROL] = { ...appliers('dedup'), pair: plain };
  const kinds = Object.values(variants).map(({ kind }) => kind);
  return { variants, weaknesses, needs: { crash: kinds.some((kind) => kind !== 'builtin') } };
}

function appliers(mode: 'insert' | 'upsert' | 'dedup'): VariantSpec {
  const commit = mode === 'dedup' ? 'with' : 'after';
  return { kind: 'builtin', title: `built-in applier, ${mode}`, mode, commit, schema: 'evolve', errors: 'stop' };
}

function programOf(
  { folder }: ReadFile,
  run: string,
  env: Readonly<Record<string, string | number | boolean>> | undefined,
  restart: boolean,
): CommandSpec {
  return {
    run,
    folder,
    restart,
    env: Object.fromEntries(Object.entries(env ?? {}).map(([name, value]) => [name, String(value)])),
  };
}

function workloadOf(read: ReadFile, name: string, unchecked: string[]): Workload {
  const { source, writer, mapping } = read.file;
  const files = [
    ...sqlFiles(read, source.schema, ['source', 'schema']),
    ...sqlFiles(read, source.sql_after_start, ['source', 'sql_after_start']),
  ];
  const generic = genericWorkload({
    name: name.replaceAll('-', '_'),
    async install(database: Database) {
      await runSqlFiles(database, files);
      unchecked.push(...(await checkMapping(database, mapping, read.at)));
      await noteVersions(database, mapping);
    },
    ...(writer?.tables === undefined ? {} : { tables: writer.tables }),
    onLeftOut(table, why) {
      const text = `${table} is not written by the built-in writer: ${why}`;
      if (!unchecked.includes(text)) unchecked.push(text);
    },
  });
  if (writer?.command === undefined) return generic;
  return { ...generic, command: programOf(read, writer.command, writer.env, true) };
}

interface Given extends Needs {
  readonly ownConnector: boolean;
  /** A program writes. */
  readonly program: boolean;
}

/** Why a fault cannot be brought about in this pipeline; undefined where it can. */
function whyNot(fault: FaultName, given: Given): string | undefined {
  switch (fault) {
    case 'truncate':
      return given.program ? 'only the built-in writer can truncate' : undefined;
    case 'snapshot-again':
      return given.ownConnector ? "only the lab's own connector is told to" : undefined;
    case 'crash-consumers':
      return given.crash ? undefined : 'no consumer is a process of its own';
    default:
      return undefined;
  }
}

/** The faults of a file in its order; all that the pipeline can be given where it names none. */
function faultsOf(file: PipelineFile, given: Given): readonly FaultEntry[] {
  if (file.faults !== undefined)
    return file.faults.map((one): FaultEntry => (typeof one === 'string' ? { fault: one } : one));
  // Of what retention has dropped no consumer can know: asked for by name, it says what that costs.
  return FAULT_NAMES.filter((fault) => fault !== 'pass-retention' && whyNot(fault, given) === undefined).map(
    (fault) => ({
      fault,
    }),
  );
}

function unknownSubject(name: string, known: readonly string[], fault: string, at: string): OperatorError {
  const meant = nearest(name, known);
  return new OperatorError({
    code: 'unknown-subject',
    message: `${at}: expect.${fault}: there is no subject ${JSON.stringify(name)}`,
    expected: `one of ${known.join(', ')}`,
    found: name,
    ...(meant.length === 0 ? {} : { hint: `did you mean ${meant.join(' or ')}?` }),
  });
}

const TITLES: Readonly<Record<FaultName, string>> = {
  none: 'Nothing is broken',
  'restart-connector': 'Connect is killed before it could flush its offsets',
  'pause-consumers': 'Every consumer stands still for a while',
  'crash-consumers': 'Every consumer is killed with SIGKILL',
  truncate: 'A table is emptied with TRUNCATE',
  'pass-retention': 'The log drops records before they were consumed',
  'snapshot-again': 'The connector reads every table again',
};

function mechanism({ fault, table, records = RECORDS }: FaultEntry): Fault {
  switch (fault) {
    case 'none':
      return none();
    case 'restart-connector':
      return killConnect({ records });
    case 'pause-consumers':
      return pauseConsumers();
    case 'crash-consumers':
      return crashConsumers();
    case 'truncate':
      return truncate(table === undefined || table.includes('.') ? table : `public.${table}`);
    case 'pass-retention':
      return passRetention({ records });
    case 'snapshot-again':
      return snapshotAgain();
  }
}

function modeOf(read: ReadFile, entry: FaultEntry, id: string, variants: readonly string[]): FailureMode {
  const { fault } = entry;
  const expected = read.file.expect?.[fault];
  const at = read.at(['expect', fault]);
  const single = typeof expected === 'object' ? expected : {};
  for (const name of Object.keys(single)) if (!variants.includes(name)) throw unknownSubject(name, variants, fault, at);
  const of = (variant: string): Expectation =>
    expectationOf(typeof expected === 'string' ? expected : (single[variant] ?? 'converges'), at);
  return {
    id,
    title: TITLES[fault],
    story: TITLES[fault],
    steps: [
      {
        id,
        title: TITLES[fault],
        fault: mechanism(entry),
        expect: Object.fromEntries(variants.map((variant) => [variant, of(variant)])),
      },
    ],
  };
}
