import { basename } from 'node:path';
import { runSqlFiles, type SqlFile } from '#engines/postgres/sql-file.ts';
import { OWN_SCHEMA } from '#engines/postgres/versions.ts';
import type { CommandSpec, Database, Design, VariantSpec } from '#model/pipeline.ts';
import type { Scenario } from '#model/scenario.ts';
import type { Weakness } from '#model/subject.ts';
import type { Workload } from '#model/workload.ts';
import { OperatorError } from '#std/errors.ts';
import { genericWorkload } from '#workloads/generic/generic.ts';
import { checkMapping, excludedColumns, mappedAway, noteVersions } from './check-mapping.ts';
import { checkSinkOf } from './check-sink.ts';
import { readConnector } from './connector-file.ts';
import { refuseSinkElsewhere, refuseSourceElsewhere } from './elsewhere.ts';
import { faultModes } from './faults.ts';
import { leavingOut, notesVersions, pairTables } from './pair.ts';
import { ownPlugins } from './plugins.ts';
import type { ReadFile } from './read-file.ts';
import {
  builtinWeaknesses,
  type Configuration,
  commandWeaknesses,
  sharedWeaknesses,
  sinkWeaknesses,
  sourceWeaknesses,
} from './weaknesses.ts';

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
  const { variants, weaknesses } = subjectsOf(read, unreadable);
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
  return {
    id: name,
    aliases: [],
    title: `Does ${name} survive`,
    story: `The pipeline of ${read.path}.`,
    workload: workloadOf(read, name, unchecked),
    variants,
    modes: faultModes(read, { variants, unchecked }),
    design,
    notes: {
      file: read.path,
      weaknesses: [
        ...sources.flatMap((source) => sourceWeaknesses(source, excludedColumns(file.mapping))),
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

interface Subjects {
  readonly variants: Readonly<Record<string, VariantSpec>>;
  readonly weaknesses: readonly Weakness[];
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
    variants[CONTROL] = { ...appliers('dedup'), pair: plain, control: true };
  return { variants, weaknesses };
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
      const text = `${table} is not written by the built-in writer: `;
      // Every mode has a writer of its own, and finds the same.
      if (!unchecked.some((one) => one.startsWith(text))) unchecked.push(text + why);
    },
  });
  if (writer?.command === undefined) return generic;
  return { ...generic, command: programOf(read, writer.command, writer.env, true) };
}
