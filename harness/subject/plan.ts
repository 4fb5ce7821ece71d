import { basename } from 'node:path';
import { engineOf } from '#engines/index.ts';
import type { SqlFile } from '#engines/port/server.ts';
import { tableId } from '#model/catalog.ts';
import type { ConnectorTable, Database, Design, VariantSpec } from '#model/pipeline.ts';
import type { Scenario } from '#model/scenario.ts';
import type { Topology } from '#model/stack.ts';
import type { Workload } from '#model/workload.ts';
import { classesIn } from '#std/plugin-archives.ts';
import { genericWorkload } from '#workloads/generic/generic.ts';
import { checkMapping, mappedAway, noteVersions, uncontrolled } from './check-mapping.ts';
import { connectorTables } from './connector-tables.ts';
import { connectorsAt, type PlacedConnector } from './connectors.ts';
import { type Converting, convertingOf, formatFor, refuseMixed, standIns } from './converting.ts';
import { refuseSourceElsewhere } from './elsewhere.ts';
import { type Ends, endsOf, type PlannedFile, sourceTable } from './ends.ts';
import { faultModes } from './faults.ts';
import { entriesFor, fileEntries, mappingOf, subjectEntries } from './mapping.ts';
import { type Mapping, notesVersions } from './pair.ts';
import { ownPlugins, pluginFolders } from './plugins.ts';
import type { ReadFile } from './read-file.ts';
import { registryConverters } from './registry-converters.ts';
import { programOf, type Subjects, subjectsOf, whyUnreadable } from './subjects.ts';

/** How long SQL files may take to set up a database, where nothing else is said. */
const SETUP_LIMIT_MS = 600_000;

export interface PlanOptions {
  readonly setUpLimitMs?: number;
  /** How many operations are written while nothing is broken; as many as show a rare defect where it is left out. */
  readonly operations?: number | undefined;
  /** What was asked for beside the file, before which it goes. */
  readonly topology?: Topology | undefined;
}

/**
 * What a pipeline file asks for, as a scenario: its subjects are the variants, each of its faults is a mode with a
 * pipeline of its own. Reads the files that it names; throws an OperatorError for one that is missing or wrong.
 */
export function planPipeline(
  plain: ReadFile,
  { operations, setUpLimitMs = SETUP_LIMIT_MS, topology: asked }: PlanOptions = {},
): Scenario {
  const { file } = plain;
  const named = connectorsAt(plain, file.connector, ['connector'], 'source');
  const plugins = pluginFolders(plain);
  const hasClass = classesIn(plugins);
  const sources = sourceConnectors(named, hasClass);
  const ends = endsOf(plain, sources);
  const read: PlannedFile = { ...plain, ends, hasClass };
  const unreadable = sources.map(whyUnreadable).find((why) => why !== undefined);
  const own = connectorTables(ends.source.dialect, sources);
  const variants = leavingToConnector(subjectsOf(read, unreadable), own);
  const converting = convertingOf(sources, variants);
  refuseMixed(converting);
  const topology = topologyOf(file, converting, asked);
  const mappings = mappingsOf(read);
  const database = ends.database === undefined ? {} : { database: ends.database };
  const design: Design = {
    connectors: sources.map(({ at: _, ...source }) => ({ ...source, ...(namesTables(ends) ? database : {}) })),
    engines: { source: ends.source.name, sink: ends.sink.name },
    ...database,
    sinkSql: sqlFiles(read, 'sink', file.sink?.schema, ['sink', 'schema']),
    setUpLimitMs,
    plugins: ownPlugins(plugins, sources, variants),
    hidden: mappings.some((mapping) => notesVersions(mapping)),
    connectorTables: own,
  };
  const name = file.name ?? nameOf(read.path);
  const unchecked: string[] = [
    ...mappedAway(fileEntries(read)),
    ...awayForSubjects(read),
    ...standIns(converting),
    ...own.map(
      ({ table, property, file: by }) =>
        `${table} is not compared: the connector itself writes it (${property} in ${by}), so its rows never come to rest`,
    ),
  ];
  if (unreadable !== undefined && file.control === true)
    unchecked.push(
      `the control does not run beside: the lab's applier reads envelopes in JSON with schemas, and ${unreadable}`,
    );
  return {
    id: name,
    aliases: [],
    title: `Does ${name} survive`,
    story: `The pipeline of ${read.path}.`,
    workload: workloadOf(read, name, unchecked, { variants, own, limitMs: setUpLimitMs }),
    variants,
    topology,
    modes: faultModes(read, { variants, unchecked, topology, ...(operations === undefined ? {} : { operations }) }),
    design,
    notes: { file: read.path, unchecked },
  };
}

/** What was asked for beside the file goes before it, and what its connectors need comes with either. */
function topologyOf(
  { brokers, workers, format }: ReadFile['file'],
  converting: Converting,
  asked: Topology | undefined,
): Topology {
  return {
    ...(brokers === undefined ? {} : { brokers }),
    ...(workers === undefined ? {} : { workers }),
    ...(format === undefined ? formatFor(converting) : { format }),
    ...(converting.all.some(({ here }) => here !== 'worker') ? { registry: true } : {}),
    ...asked,
  };
}

/** Whether the database's name stands before those of tables in what connectors are told, and not only in topics' names. */
function namesTables({ source }: Ends): boolean {
  return source.source.own.named({ schema: '', name: '' }, '').level === 'database';
}

/** What holds for somebody: the file's mapping, and that of each subject with one of its own. */
function mappingsOf(read: PlannedFile): Mapping[] {
  const own = (read.file.subjects ?? []).flatMap(({ mapping }, index) =>
    mapping === undefined ? [] : [mappingOf(entriesFor(read, index))],
  );
  return [mappingOf(fileEntries(read)), ...own];
}

function awayForSubjects(read: PlannedFile): string[] {
  return (read.file.subjects ?? []).flatMap(({ name }, index) =>
    mappedAway(subjectEntries(read, index)).map((one) => `${name}: ${one}`),
  );
}

/** The variants without the tables that the connector itself writes. */
function leavingToConnector(
  variants: Readonly<Record<string, VariantSpec>>,
  tables: readonly ConnectorTable[],
): Readonly<Record<string, VariantSpec>> {
  const own = new Set(tables.map(({ table }) => table));
  if (own.size === 0) return variants;
  return Object.fromEntries(
    Object.entries(variants).map(([name, spec]) => {
      const { pair } = spec;
      if (pair === undefined) return [name, spec];
      return [name, { ...spec, pair: (source, sinks) => (own.has(tableId(source)) ? undefined : pair(source, sinks)) }];
    }),
  );
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
  read: PlannedFile,
  side: 'source' | 'sink',
  named: string | readonly string[] | undefined,
  place: readonly (string | number)[],
): SqlFile[] {
  return listOf(named).map((file) => {
    const found = { file, sql: read.text(file, place) };
    // What needs no server to be found is found before any is started.
    read.ends[side].server.checkSql(found);
    return found;
  });
}

function sourceConnectors(found: readonly PlacedConnector[], hasClass: PlannedFile['hasClass']): PlacedConnector[] {
  const twice = found.findIndex(({ name }, index) => found.findIndex((other) => other.name === name) !== index);
  // Connect knows each by its name.
  const named = twice === -1 ? found : found.map((one, index) => ({ ...one, name: `${one.name}-${index + 1}` }));
  const converting = named.map((one) => ({
    ...one,
    converters: registryConverters({ connector: one, at: one.at, hasClass }),
  }));
  for (const one of converting) refuseSourceElsewhere(one, one.at);
  return converting;
}

function workloadOf(
  read: PlannedFile,
  name: string,
  unchecked: string[],
  {
    variants,
    own,
    limitMs,
  }: {
    readonly variants: Subjects;
    readonly own: readonly ConnectorTable[];
    readonly limitMs: number;
  },
): Workload {
  const { source, writer, subjects = [] } = read.file;
  const files = [
    ...sqlFiles(read, 'source', source.schema, ['source', 'schema']),
    ...sqlFiles(read, 'source', source.sql_after_start, ['source', 'sql_after_start']),
  ];
  const tables = writer?.tables?.map((table) => sourceTable(read.ends, table));
  const generic = genericWorkload({
    name: name.replaceAll('-', '_'),
    async install(database: Database, watch) {
      await engineOf(database).server.runSql(database, files, {
        signal: new AbortController().signal,
        ...watch,
        limitMs,
      });
      unchecked.push(...(await checkMapping(database, fileEntries(read), read.at)));
      for (const [index, { name: subject, mapping }] of subjects.entries()) {
        if (mapping === undefined) continue;
        const told = await checkMapping(database, subjectEntries(read, index), read.at, entriesFor(read, index));
        unchecked.push(...told.filter((one) => !unchecked.includes(one)).map((one) => `${subject}: ${one}`));
      }
      if (Object.values(variants).some(({ control }) => control === true))
        unchecked.push(...(await uncontrolled(database, mappingOf(fileEntries(read)))));
      await noteVersions(database, mappingsOf(read));
    },
    ...(tables === undefined ? {} : { tables }),
    leave: new Map(own.map(({ table, property }) => [table, `the connector writes it (${property})`])),
    onLeftOut(table, why) {
      const text = `${table} is not written by the built-in writer: `;
      // Every mode has a writer of its own, and finds the same.
      if (!unchecked.some((one) => one.startsWith(text))) unchecked.push(text + why);
    },
  });
  if (writer?.command === undefined) return generic;
  return { ...generic, command: programOf(read, writer.command, writer.env, true) };
}
