import type { Database } from '#model/pipeline.ts';
import { OperatorError } from '#std/errors.ts';
import type { Engine } from './engine.ts';
import { postgres } from './postgres/engine.ts';

/** Every engine the lab knows, by the name that a {@link Database} carries. */
const ENGINES: Readonly<Record<string, Engine>> = { postgres };

/** The engine of a database. Throws an OperatorError (`unknown-engine`) for one the lab has no folder for. */
export function engineOf(database: Pick<Database, 'engine'>): Engine {
  const engine = ENGINES[database.engine];
  if (engine === undefined)
    throw new OperatorError({
      code: 'unknown-engine',
      message: `no database engine is called ${JSON.stringify(database.engine)}`,
      expected: Object.keys(ENGINES).join(', '),
      found: database.engine,
    });
  return engine;
}
