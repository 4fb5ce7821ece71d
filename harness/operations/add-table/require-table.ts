import type { Engine } from '#engines/port/engine.ts';
import type { SignalsPort } from '#engines/port/signals.ts';
import type { TableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import type { SourceSetUp } from '#model/set-up.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';
import { excludedBy } from './names.ts';

type Config = Readonly<Record<string, string>>;

/** A source connector, its configuration, and its database as its user sees it. */
export interface AddSource {
  readonly name: string;
  readonly config: Config;
  readonly engine: Engine;
  readonly port: SignalsPort;
  readonly database: Database;
  readonly user: string;
}

export const publicationOf = (config: Config): string => config['publication.name'] ?? 'dbz_publication';
export const publicationMode = (config: Config): string =>
  (config['publication.autocreate.mode'] ?? 'all_tables').toLowerCase();

function refused(code: string, message: string, expected: string, found: string, hint: string): OperatorError {
  return new OperatorError({ code, message, expected, found, hint, exit: 1 });
}

/**
 * Throws an OperatorError for a table that a connector could not carry: `no-table`, `no-key`, `replica-identity`, `unreadable-table`,
 * `not-owner`, `excluded-table`. Each hint is the statement that helps.
 */
export async function requireTable(source: AddSource, table: TableId, setUp: SourceSetUp): Promise<void> {
  const { name, config, engine, port, database, user } = source;
  const there = setUp.tables.find(({ id }) => id === table);
  if (there === undefined) {
    const near = nearest(table, setUp.known);
    throw refused(
      'no-table',
      `the source of ${name} has no table ${table}`,
      near.join(' or ') || `one of its ${setUp.known.length} tables`,
      'no table of this name',
      near.length === 0 ? 'name it as schema.table' : `did you mean ${near.join(' or ')}?`,
    );
  }
  const list = excludedBy(config, table);
  if (list !== undefined)
    throw refused(
      'excluded-table',
      `${name} leaves ${table} out on purpose`,
      `${list} without it`,
      `${list}=${config[list]}`,
      `take it out of ${list} and deploy the connector`,
    );
  const quoted = engine.dialect.quoteTable(table);
  if (there.key.length === 0)
    throw refused(
      'no-key',
      `${table} has no primary key: its rows cannot be read in chunks, and once it is published its writers could not update it`,
      'a primary key',
      'none',
      `ALTER TABLE ${quoted} ADD PRIMARY KEY (…)`,
    );
  const { replicaIdentity } = await engine.source.state(database);
  if (replicaIdentity[table] === 'nothing')
    throw refused(
      'replica-identity',
      `the log has no keys of ${table}: once it is published its writers could not update it`,
      'REPLICA IDENTITY DEFAULT or FULL',
      'REPLICA IDENTITY NOTHING',
      port.identitySql(table),
    );
  if (!there.readable)
    throw refused(
      'unreadable-table',
      `${user} may not read ${table}`,
      'the right to read it',
      'none',
      port.grantSql('SELECT', table, user),
    );
  if (publicationMode(config) === 'filtered' && !there.owned)
    throw refused(
      'not-owner',
      `${user} does not own ${table}, and with publication.autocreate.mode=filtered ${name} puts it into its publication itself`,
      `${user} as its owner, or as a member of the role that is`,
      `its owner is ${there.owner}`,
      port.grantSql('owner', table, user, there.owner),
    );
}

/** The signal table that is used when a connector has none, and somebody wants one made. */
const NEW_SIGNALS: TableId = 'public.debezium_signal';

/**
 * The signal table of a connector, and its configuration with it. Throws an OperatorError (`no-signals`) where it has none, and `create`
 * does not have it made.
 */
export function signalsOf({ name, config, port }: AddSource, create: boolean): { signals: TableId; config: Config } {
  const signals = config['signal.data.collection']?.trim() ?? '';
  const channels = config['signal.enabled.channels'] ?? 'source';
  const listens = channels.split(',').some((channel) => channel.trim() === 'source');
  if (signals !== '' && listens) return { signals, config };
  const table = signals === '' ? NEW_SIGNALS : signals;
  const wanted = {
    'signal.data.collection': table,
    ...(listens ? {} : { 'signal.enabled.channels': `${channels},source` }),
  };
  if (create) return { signals: table, config: { ...config, ...wanted } };
  const lines = Object.entries(wanted).map(([property, value]) => `${property}=${value}`);
  throw refused(
    'no-signals',
    `${name} cannot be asked for the rows that are there: it has no signal table to read`,
    lines.join(', '),
    signals === '' ? 'no signal.data.collection' : `signal.enabled.channels=${channels}`,
    `have both made with --create-signal-table, or by hand: ${port.createSql(table)}`,
  );
}

/** Runs a statement. Throws an OperatorError (`refused-statement`) with the server's words, and the statement for whoever may run it. */
export async function runStatement({ database, user }: AddSource, sql: string): Promise<void> {
  try {
    await database.query(sql);
  } catch (error) {
    throw new OperatorError({
      code: 'refused-statement',
      message: `the source refused a statement of ${user}: ${messageOf(error)}`,
      expected: `the right to run: ${sql}`,
      hint: 'run it as somebody who may, and this command again: it goes on where it is',
      cause: error,
      exit: 1,
    });
  }
}

/** Does what writes to the signal table. Throws an OperatorError (`no-signal-right`) with the statement that lets it. */
export async function granted<T>({ port, user }: AddSource, signals: TableId, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new OperatorError({
      code: 'no-signal-right',
      message: `${user} cannot write into the signal table ${signals}: ${messageOf(error)}`,
      expected: 'the rights to read it and to write into it',
      hint: port.grantSql('SELECT, INSERT', signals, user),
      cause: error,
      exit: 1,
    });
  }
}
