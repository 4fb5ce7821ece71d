import type { ObjectStore } from '#clients/s3.ts';
import { openObjectStore } from '#clients/s3.ts';
import { betweenObjects, objectKind } from '#engines/between.ts';
import { engineOfUrl } from '#engines/index.ts';
import { isObjectsUrl, type ObjectsAddress, objectsAddress } from '#objects/address.ts';
import type { ObjectColumn } from '#objects/object-column.ts';
import { setsFolder } from '#objects/object-set.ts';
import { type Ends, requireSide, sourceAddressOf } from '../ends.ts';
import type { Here } from '../here.ts';
import type { ReadContext } from '../load/read-rows.ts';
import type { Definition, ObjectsTarget } from '../pipeline.ts';
import type { PlannedTable } from '../plan.ts';
import { resolveAddress } from '../references.ts';
import type { StageContext } from '../stage.ts';

/** What a stage on the way into a bucket has to do its work with. */
export interface ObjectsContext
  extends ReadContext,
    Pick<StageContext, 'held' | 'tables' | 'jobs' | 'say' | 'connectors' | 'onUp'> {
  readonly store: ObjectStore;
  readonly target: ObjectsTarget;
  /** Where the pipeline's sets are, with a slash at its end. */
  readonly folder: string;
}

/** What a definition's addresses stand for here. Throws an OperatorError that shows none of it. */
export function objectsAddressesOf(definition: Definition, here: Here) {
  const { env } = here;
  const source = sourceAddressOf(definition, here);
  const target = resolveAddress('target', definition.target, here);
  if (!isObjectsUrl(target.url)) throw new Error('a pipeline into objects has a target s3://…');
  return {
    source: source.url,
    bucket: objectsAddress(target.url),
    secrets: [
      ...source.secrets,
      ...target.secrets,
      env.AWS_SECRET_ACCESS_KEY ?? '',
      env.AWS_SESSION_TOKEN ?? '',
    ].filter((secret) => secret !== ''),
  };
}

/** The bucket as it is asked: with the URL's own credentials, or those of this environment. */
export function openBucket(
  { bucket, prefix, credentials }: ObjectsAddress,
  { name, objects }: Pick<Definition, 'name'> & { readonly objects: ObjectsTarget },
  env: NodeJS.ProcessEnv,
): Pick<ObjectsContext, 'store' | 'folder'> {
  const { endpoint, region = env.AWS_REGION } = objects;
  const { AWS_ACCESS_KEY_ID: keyId = '', AWS_SECRET_ACCESS_KEY: secret = '', AWS_SESSION_TOKEN: token = '' } = env;
  const given = credentials ?? (keyId === '' ? undefined : { keyId, secret, ...(token === '' ? {} : { token }) });
  const store = openObjectStore({
    bucket,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined || region === '' ? {} : { region }),
    ...(given === undefined ? {} : { credentials: given }),
  });
  return { store, folder: setsFolder(prefix, name) };
}

/** Opens the source. Throws an OperatorError (exit 1) that says why it cannot be reached. */
export async function openSource(
  url: string,
  { application, connections, signal }: { application: string; connections: number; signal: AbortSignal },
): Promise<Pick<Ends, 'source' | 'across'> & AsyncDisposable> {
  await requireSide('source', url, signal);
  const engine = engineOfUrl(url);
  const database = engine.server.open(url, { max: connections, application });
  const across = { ...betweenObjects(engine), compares: () => true };
  return { source: { engine, database }, across, [Symbol.asyncDispose]: () => database.close() };
}

/** A table's columns as its objects have them. */
export function objectColumns({ ends }: Pick<ObjectsContext, 'ends'>, { source }: PlannedTable): ObjectColumn[] {
  return source.columns.map((column) => ({
    name: column.name,
    type: column.type,
    nullable: column.nullable,
    kind: objectKind(ends.source.engine.dialect.kindOf(column)),
  }));
}
