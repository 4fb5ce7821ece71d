import { randomBytes } from 'node:crypto';
import { engineOfUrl, requireOwnServer } from '#engines/index.ts';
import type { Database } from '#model/pipeline.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';
import { redacted } from '#std/redact.ts';
import type { Definition, Pipeline } from '../pipeline.ts';
import { type HeldPipeline, holdPipeline } from './hold.ts';
import { insertPipeline, readPipelines } from './rows.ts';
import { requireTables } from './tables.ts';

/** The engine of a state: what is asked of it is PostgreSQL's. */
const STATE_ENGINE = 'postgres';

/** The pipelines of a state database, which any number of managers may share. */
export interface Store extends AsyncDisposable {
  /** Throws an OperatorError (`name-taken`) for a name that a pipeline has. */
  create(definition: Definition): Promise<Pipeline>;
  list(): Promise<readonly Pipeline[]>;
  /** Throws an OperatorError (`unknown-pipeline`) for a name that no pipeline has. */
  find(name: string): Promise<Pipeline>;
  /** Makes the caller the one that works on a pipeline. Throws an OperatorError (`pipeline-held`) while somebody else is. */
  hold(name: string): Promise<HeldPipeline>;
}

/**
 * Opens a state database and makes its tables where there are none. Throws an OperatorError (exit 1) for one that cannot be
 * reached or is of another version; never with its password.
 */
export async function openStore(url: string): Promise<Store> {
  const engine = engineOfUrl(url);
  if (engine.name !== STATE_ENGINE)
    throw new OperatorError({
      code: 'wrong-url',
      message: 'pipelines are kept in a PostgreSQL database',
      expected: 'postgres://user@host/database',
      found: `${new URL(url).protocol}//…`,
    });
  await requireOwnServer(url);
  const open = (application: string): Database => engine.server.open(url, { max: 1, application });
  const database = open('driftlab pipelines');
  try {
    await requireTables(database);
  } catch (error) {
    await database.close();
    throw asStateError(url, error);
  }
  const find = async (name: string): Promise<Pipeline> => {
    const [found] = await readPipelines(database, name);
    if (found !== undefined) return found;
    throw unknownPipeline(name, await readPipelines(database));
  };
  return {
    list: () => readPipelines(database),
    find,
    async create(definition) {
      // Two states may have pipelines of one name, and these the same servers.
      const mark = `driftlab_${definition.name.replaceAll('-', '_')}_${randomBytes(3).toString('hex')}`;
      if (await insertPipeline(database, definition, mark)) return find(definition.name);
      throw new OperatorError({
        code: 'name-taken',
        message: `there is a pipeline ${definition.name} already`,
        expected: 'a name that no pipeline has',
        found: definition.name,
        hint: `driftlab pipeline show ${definition.name}; pipeline delete removes it`,
        exit: 1,
      });
    },
    async hold(name) {
      await find(name);
      return holdPipeline(open(`driftlab pipeline ${name}`), name);
    },
    [Symbol.asyncDispose]: () => database.close(),
  };
}

function unknownPipeline(name: string, known: readonly Pipeline[]): OperatorError {
  const names = known.map(({ definition }) => definition.name);
  const meant = nearest(name, names);
  return new OperatorError({
    code: 'unknown-pipeline',
    message: `there is no pipeline ${JSON.stringify(name)}`,
    expected: names.length === 0 ? 'one that was created' : `one of ${names.join(', ')}`,
    found: name,
    hint: meant.length > 0 ? `did you mean ${meant.join(' or ')}?` : 'driftlab pipeline list',
  });
}

function asStateError(url: string, error: unknown): unknown {
  if (error instanceof OperatorError) return error;
  const { hostname, port, pathname } = new URL(url);
  return new OperatorError({
    code: 'no-state',
    message: `the state database at ${hostname}:${port || '5432'}${pathname} cannot be used`,
    expected: 'a PostgreSQL database in which tables may be made',
    found: redacted('', messageOf(error)),
    hint: 'check host, database, user and password; CREATE DATABASE driftlab makes one',
    cause: error,
    exit: 1,
  });
}
