import { type Between, between } from '#engines/between.ts';
import { connectSide, engineOfUrl } from '#engines/index.ts';
import type { Engine } from '#engines/port/engine.ts';
import type { Database } from '#model/pipeline.ts';
import { OperatorError, reworded } from '#std/errors.ts';
import type { Here } from './here.ts';
import type { Definition } from './pipeline.ts';
import { type Resolved, resolveAddress } from './references.ts';

/** One end of a pipeline, open. */
interface End {
  readonly engine: Engine;
  readonly database: Database;
}

/** Both ends of a pipeline, open. */
export interface Ends extends AsyncDisposable {
  readonly source: End;
  readonly target: End;
  readonly across: Between;
}

const SIDES = ['source', 'target'] as const;

/** What the source's address stands for here. Throws an OperatorError that shows none of it. */
export function sourceAddressOf({ source }: Pick<Definition, 'source'>, here: Here): Resolved {
  const resolved = resolveAddress('source', source, here);
  engineOfUrl(resolved.url);
  return resolved;
}

/** What a definition's addresses stand for here. Throws an OperatorError that shows none of it. */
export function addressesOf(definition: Definition, here: Here) {
  const [source, target] = SIDES.map((side) => {
    const resolved = resolveAddress(side, definition[side], here);
    engineOfUrl(resolved.url);
    return resolved;
  });
  return {
    urls: { source: source?.url ?? '', target: target?.url ?? '' },
    secrets: [...(source?.secrets ?? []), ...(target?.secrets ?? [])],
  };
}

/** Throws an OperatorError (exit 1) that says which side cannot be reached, and why. */
export async function requireSide(side: (typeof SIDES)[number], url: string, signal: AbortSignal): Promise<void> {
  try {
    await using _ = await connectSide(url, { connections: 1, signal });
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    throw reworded(error, `the ${side}: ${error.message}`, 1);
  }
}

/**
 * Opens both ends. Throws an OperatorError (exit 1) that says which of them cannot be reached, and why, or that they are one:
 * a table that is emptied at the target, or dropped there, would be the source's.
 */
export async function openEnds(
  urls: Readonly<Record<(typeof SIDES)[number], string>>,
  options: { readonly application: string; readonly connections: number; readonly signal: AbortSignal },
): Promise<Ends> {
  for (const side of SIDES) await requireSide(side, urls[side], options.signal);
  const open = (url: string): End => {
    const engine = engineOfUrl(url);
    const { application, connections: max } = options;
    return { engine, database: engine.server.open(url, { max, application }) };
  };
  const [source, target] = [open(urls.source), open(urls.target)];
  const close = async () => void (await Promise.all([source.database.close(), target.database.close()]));
  try {
    await requireTwo(source, target);
  } catch (error) {
    await close();
    throw error;
  }
  return { ...{ source, target, across: between(source.engine, target.engine) }, [Symbol.asyncDispose]: close };
}

async function requireTwo(source: End, target: End): Promise<void> {
  if (source.engine.name !== target.engine.name) return;
  const [one, other] = await Promise.all([source, target].map(identityOf));
  if (one !== other) return;
  throw new OperatorError({
    code: 'same-database',
    message: 'the source and the target are the same database',
    expected: 'two databases: a table has the same name in both',
    found: `${target.database.name}, by both addresses`,
    hint: 'create the pipeline with another target',
    exit: 1,
  });
}

async function identityOf({ engine, database }: End): Promise<string | undefined> {
  return (await database.query<{ identity: string }>(engine.server.identitySql))[0]?.identity;
}
