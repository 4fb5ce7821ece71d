import type { ObjectStore, S3Options } from '#clients/s3.ts';
import type { Database } from '#model/pipeline.ts';
import type { StackObjects } from '#model/stack.ts';
import { OperatorError } from '#std/errors.ts';

/** The bucket that the pipelines of a stack share. */
export const BUCKET = 'driftlab';

/** Throws an OperatorError (`no-object-store`) where the stack has none. */
export function neededStore(objects: StackObjects | undefined): StackObjects {
  if (objects !== undefined) return objects;
  throw new OperatorError({
    code: 'no-object-store',
    message: 'the stack has no object store, and a variant writes objects',
    expected: 'topology: { objects: true } in the scenario',
    found: 'a stack without one',
  });
}

/** The lab's bucket, reached at an endpoint of the store. */
export function bucketAt({ credentials }: StackObjects, endpoint: string): S3Options {
  return { bucket: BUCKET, endpoint, region: 'us-east-1', credentials };
}

/** The pipelines of a stack share a bucket, and each variant begins with an empty folder. */
export async function prepareFolder(store: ObjectStore, folder: string): Promise<void> {
  try {
    await store.check(folder);
  } catch (error) {
    if (!(error instanceof OperatorError) || error.code !== 'no-bucket') throw error;
    // Another variant may make it at this moment.
    await store.makeBucket().catch(() => {});
    await store.check(folder);
  }
  await emptyFolder(store, folder);
}

export async function emptyFolder(store: ObjectStore, folder: string): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of store.list(folder)) keys.push(key);
  await store.delete(keys);
}

/** Stands where a database is expected: it has the source's types, and nothing can be asked of it. */
export function noDatabase({ engine }: Database, url: string): Database {
  return {
    ...{ engine, name: url, url },
    query: async () => {
      throw new OperatorError({
        code: 'no-queries',
        message: `${url} has objects, of which no query can be made`,
        expected: 'a sink that is a database',
        found: 'a bucket',
      });
    },
    close: async () => {},
  };
}
