import { defaultEngine, ENGINE_NAMES, engineOf, engineOfConnector, engineOfJdbcUrl } from '#engines/index.ts';
import type { Dialect } from '#engines/port/dialect.ts';
import type { Engine } from '#engines/port/engine.ts';
import type { TableId } from '#model/catalog.ts';
import { OperatorError } from '#std/errors.ts';
import { connectorsAt, type PlacedConnector } from './connectors.ts';
import type { ReadFile } from './read-file.ts';

/** What a pipeline begins and ends with. */
export interface Ends {
  readonly source: Engine;
  readonly sink: Engine;
  /** The source database's name, where it is part of the names of tables and topics. */
  readonly database?: string;
}

/** A pipeline file, and the engines that it and its connectors mean. */
export interface PlannedFile extends ReadFile {
  readonly ends: Ends;
  /** Whether the plugins that it names have a class. */
  readonly hasClass: (name: string) => boolean;
}

/** What says which engine is meant, and where it says so. */
interface Word {
  readonly engine: Engine;
  readonly at: string;
  readonly says: string;
}

/**
 * The engines of a pipeline file: as it names them, or as its connectors' classes and URLs do; the default where nothing
 * does. Throws an OperatorError (`engines-differ`, `engine-unknown`, `database-unclear`) with file and line where they cannot be.
 */
export function endsOf(read: ReadFile, sources: readonly PlacedConnector[]): Ends {
  const { source, sink } = read.file;
  const from = oneOf('source', [...named(read, 'source', source.engine), ...sources.flatMap(wordOfSource)]);
  const sinks = (read.file.subjects ?? []).flatMap((subject, index) => {
    const property = subject.connector === undefined ? 'connectors' : 'connector';
    return connectorsAt(read, subject[property], ['subjects', index, property], 'sink');
  });
  const to = oneOf('sink', [...named(read, 'sink', sink?.engine), ...sinks.flatMap(wordOfSink)]);
  const database = databaseOf(read, from, sources);
  return { source: from, sink: to, ...(database === undefined ? {} : { database }) };
}

function named(read: ReadFile, side: 'source' | 'sink', engine: string | undefined): Word[] {
  if (engine === undefined) return [];
  const found = engineOf({ engine });
  return [{ engine: found, at: read.at([side, 'engine']), says: `${side}.engine is ${engine}` }];
}

function wordOfSource({ config, file, at }: PlacedConnector): Word[] {
  const className = config['connector.class'];
  if (className === undefined) return [];
  const engine = engineOfConnector(className);
  if (engine !== undefined) return [{ engine, at, says: `${file} is a connector for ${engine.title}` }];
  const debezium = /^io\.debezium\.connector\.(?!jdbc\.)\w+\.\w+Connector$/.test(className);
  // Anybody's class may read any database.
  if (!debezium) return [];
  throw new OperatorError({
    code: 'engine-unknown',
    message: `${at}: ${file} is a connector for a database of which the lab has no server`,
    expected: `a connector for ${ENGINE_NAMES.map((name) => engineOf({ engine: name }).title).join(' or ')}`,
    found: className,
  });
}

function wordOfSink({ config, file, at }: PlacedConnector): Word[] {
  const engine = engineOfJdbcUrl(config['connection.url'] ?? '');
  return engine === undefined ? [] : [{ engine, at, says: `${file} writes to ${engine.title}` }];
}

function oneOf(side: 'source' | 'sink', words: readonly Word[]): Engine {
  const [first] = words;
  if (first === undefined) return defaultEngine;
  const other = words.find(({ engine }) => engine !== first.engine);
  if (other === undefined) return first.engine;
  throw new OperatorError({
    code: 'engines-differ',
    message: `${other.at}: ${other.says}, and ${first.says} (${first.at})`,
    expected: `one engine for the ${side}: a run has one ${side} server`,
    found: `${first.engine.title} and ${other.engine.title}`,
    hint: 'correct the one that is wrong, or test the two in pipeline files of their own',
  });
}

/** What a database may be called: nothing of it has a meaning of its own in lists of names. */
const NAME = /^[A-Za-z0-9_$-]{1,64}$/;

function databaseOf(read: ReadFile, { source, server }: Engine, sources: readonly PlacedConnector[]) {
  const given = read.file.source.database;
  const named = [...new Set(sources.flatMap(({ config }) => source.own.databases(config)))];
  const { level, database: inTopics } = source.own.named({ schema: '', name: '' }, '');
  const needed = sources.length > 0 && (level === 'database' || inTopics !== undefined);
  if (!needed) {
    if (given === undefined) return undefined;
    throw unclear(
      read.at(['source', 'database']),
      'names and topics have no database in them here',
      given,
      'remove it',
    );
  }
  const [first, second] = given === undefined ? named : [given];
  const at = given === undefined ? (sources[0]?.at ?? read.path) : read.at(['source', 'database']);
  if (first === undefined)
    throw unclear(at, 'the connector names no database by its plain name', 'no name', 'name it as source.database');
  if (second !== undefined)
    throw unclear(
      at,
      'the connectors capture several databases, and the lab has one',
      named.join(', '),
      'name the one to be tested as source.database',
    );
  if (!NAME.test(first) || server.systemDatabases.includes(first))
    throw unclear(
      at,
      'no database of this name can be made',
      first,
      'name another as source.database, and in the connector',
    );
  return first;
}

function unclear(at: string, why: string, found: string, hint: string): OperatorError {
  return new OperatorError({
    code: 'database-unclear',
    message: `${at}: ${why}`,
    expected: 'one database, by its name',
    found,
    hint,
  });
}

/** The full name of a table that somebody has named, at a source. */
export function sourceTable({ source, database }: Ends, name: string): TableId {
  const own = database === undefined ? undefined : source.source.own.named({ schema: '', name: '' }, database).schema;
  return withSchema(
    source.dialect,
    own !== undefined && name.startsWith(`${own}.`) ? name.slice(own.length + 1) : name,
  );
}

/** The full name of a table that somebody has named, at a sink. */
export function sinkTable({ sink }: Ends, name: string): TableId {
  return withSchema(sink.dialect, name);
}

/** A table's full name: the schema of one that is named without it is the engine's own. */
function withSchema({ defaultSchema }: Pick<Dialect, 'defaultSchema'>, table: string): TableId {
  return table.includes('.') ? table : `${defaultSchema}.${table}`;
}
