import { type Configuration, debezium, jdbc } from '../cases/situation.ts';
import { program } from './program.ts';

/** A table of the source, and what the sink has of it. */
export interface PlantedTable {
  readonly name: string;
  /** Columns beside `id`, as SQL. */
  readonly columns: string;
  /** Values of these columns for the row `g`, as SQL. */
  readonly values: string;
  /** What stands in place of `id integer PRIMARY KEY`. */
  readonly key?: string;
  /** A column with the values 1 and 2, by which the source's table is partitioned. */
  readonly partitionBy?: string;
  /** All columns of the sink's table, as SQL; those of the source where it is left out; `false` for no table at all. */
  readonly sink?: string | false;
  /** SQL that follows the table: at the source, and at the sink. */
  readonly after?: string;
  readonly sinkAfter?: string;
}

/** One situation with one thing wrong, and the cause that must be named first for it; or with nothing wrong. */
export interface Planting {
  /** Its cause; absent where nothing is wrong, and then no cause may be named. */
  readonly code?: string;
  /** The subject: the cause's code where it is left out. */
  readonly name?: string;
  /** The table or tables, or those of plantings beside it by name. */
  readonly tables: readonly (PlantedTable | string)[];
  /** Further properties of the JDBC sink connector that applies them, where neither of the next two does. */
  readonly connector?: Configuration;
  /** The built-in applier's mode. */
  readonly builtin?: 'insert' | 'upsert';
  /** The defect of the program that applies them: see fixtures/consumer.ts. */
  readonly defect?: string;
  /** A source connector of its own with these properties; that of the group where it is left out. */
  readonly source?: Configuration;
  /** How its tables belong together, by table: an entry of the pipeline file's mapping. */
  readonly mapping?: Readonly<Record<string, object | false>>;
  /** Under which of the group's faults it shows: the first where it is left out. */
  readonly under?: string;
  /** It is told of the pipeline's source, whatever the subjects show. */
  readonly atSource?: true;
  /** Causes that are true of it besides. */
  readonly also?: readonly string[];
}

/** Plantings that share a source database, one run and its faults. */
export interface Group {
  readonly id: string;
  readonly about: string;
  readonly source?: Configuration;
  readonly faults?: readonly (string | object)[];
  /** SQL before the tables, at both sides: types and extensions. */
  readonly types?: string;
  /** SQL behind the tables of the source: publications. */
  readonly publications?: string;
  readonly operations?: number;
  /** A load generator in place of the built-in writer: its command line. */
  readonly writer?: string;
  /** Modes of the canonical scenario to run in place of a pipeline file; the plantings are its variants. */
  readonly modes?: readonly string[];
  readonly plantings: readonly Planting[];
}

export const nameOf = ({ name, code }: Planting): string => name ?? code ?? 'sound';

/** Columns that the same at both sides; `values` are SQL over the row's number `g`. */
export function table(name: string, columns: string, values: string, more: Partial<PlantedTable> = {}): PlantedTable {
  return { name, columns, values, ...more };
}

const KEY = 'id integer PRIMARY KEY';
/** Many enough that writers leave some as the snapshot read them. */
const ROWS = 40;

function sourceSql({ name, columns, values, key = KEY, partitionBy, after = '' }: PlantedTable): string {
  const parts = [1, 2].map((n) => `CREATE TABLE ${name}_${n} PARTITION OF ${name} FOR VALUES IN (${n});`).join('\n');
  return `CREATE TABLE ${name} (${key}, ${columns})${partitionBy === undefined ? ';' : ` PARTITION BY LIST (${partitionBy});\n${parts}`}
INSERT INTO ${name} SELECT g, ${values} FROM generate_series(1, ${ROWS}) g;
${after}`;
}

function sinkSql({ name, columns, key = KEY, sink, sinkAfter = '' }: PlantedTable): string {
  return sink === false ? sinkAfter : `CREATE TABLE ${name} (${sink ?? `${key}, ${columns}`});\n${sinkAfter}`;
}

/** The files of a group's pipeline, by name, with the pipeline file's own contents. */
export function filesOf(group: Group): { files: Record<string, string>; pipeline: object } {
  const all = group.plantings.flatMap(({ tables }) => tables.filter((one) => typeof one !== 'string'));
  const ownSink = all.some(({ sink, sinkAfter }) => sink !== undefined || sinkAfter !== undefined);
  const files: Record<string, string> = {
    'schema.sql': [group.types ?? '', ...all.map(sourceSql)].join('\n'),
    ...(ownSink ? { 'warehouse.sql': [group.types ?? '', ...all.map(sinkSql)].join('\n') } : {}),
    ...(group.publications === undefined ? {} : { 'publications.sql': group.publications }),
  };
  const prefixes = prefixesOf(group);
  const shared = all.filter(({ name }) => prefixes.get(name) === SHARED);
  if (shared.length > 0)
    files['source.json'] = debezium(
      SHARED,
      shared.map(({ name }) => `public.${name}`),
      group.source,
    );
  for (const planting of group.plantings)
    if (planting.source !== undefined) files[`source-${nameOf(planting)}.json`] = ownSource(planting, prefixes);
  const subjects = group.plantings.map((planting) => subjectOf(planting, all, prefixes, files));
  const pipeline = {
    source: {
      schema: 'schema.sql',
      ...(group.publications === undefined ? {} : { sql_after_start: 'publications.sql' }),
    },
    connector: Object.keys(files).filter((file) => file.startsWith('source')),
    ...(ownSink ? { sink: { schema: 'warehouse.sql' } } : {}),
    subjects,
    ...(group.writer === undefined ? {} : { writer: { command: group.writer } }),
    faults: group.faults ?? ['none'],
  };
  return { files, pipeline };
}

const SHARED = 'lab';

/** The topic prefix of each table: that of the connector that captures it. */
function prefixesOf({ plantings }: Group): ReadonlyMap<string, string> {
  return new Map(
    plantings.flatMap((planting) =>
      tablesOf(planting).map((name): [string, string] => [
        name,
        planting.source === undefined ? SHARED : prefixOf(planting),
      ]),
    ),
  );
}

const prefixOf = (planting: Planting): string => nameOf(planting).replaceAll('-', '_');

/** The tables that a planting brings along. */
export function tablesOf({ tables }: Planting): string[] {
  return tables.flatMap((one) => (typeof one === 'string' ? [] : [one.name]));
}

function ownSource(planting: Planting, prefixes: ReadonlyMap<string, string>): string {
  const names = tablesOf(planting);
  return debezium(
    prefixes.get(names[0] ?? '') ?? SHARED,
    names.map((name) => `public.${name}`),
    planting.source,
  );
}

function subjectOf(
  planting: Planting,
  all: readonly PlantedTable[],
  prefixes: ReadonlyMap<string, string>,
  files: Record<string, string>,
): object {
  const name = nameOf(planting);
  const own = planting.tables.map((one) => (typeof one === 'string' ? one : one.name));
  const { mapping, builtin, defect } = planting;
  // A connector is compared by the topics that it reads; everybody else by all that the mapping does not leave out.
  const others = Object.fromEntries(all.filter((one) => !own.includes(one.name)).map((one) => [one.name, false]));
  if (builtin !== undefined) return { name, builtin, mapping: { ...others, ...mapping } };
  if (defect !== undefined)
    return {
      name,
      // Where it starts is what a command line says, and the environment does not.
      command: defect === 'latest' ? `${program()} --from latest` : program(),
      env: { DEFECT: defect, TABLES: own.join(',') },
      mapping: { ...others, ...mapping },
    };
  files[`${name}.json`] = jdbc(
    own.map((one) => `${prefixes.get(one)}.public.${one}`),
    planting.connector,
  );
  return { name, connector: `${name}.json`, ...(mapping === undefined ? {} : { mapping }) };
}
