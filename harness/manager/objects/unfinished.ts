import { type Beginning, beginningKey, beginningsFolder, MANIFEST, setName } from '#objects/object-set.ts';
import type { ObjectsContext } from './context.ts';

type Bucket = Pick<ObjectsContext, 'store' | 'folder' | 'pipeline' | 'signal' | 'say'>;

/** Notes that a set is being written: what is found without a manifest is known by it to be this pipeline's own. */
export async function noteBeginning(
  { store, folder, pipeline, signal }: Bucket,
  set: string,
  startedAt: Date,
): Promise<void> {
  const { definition, mark } = pipeline;
  const note: Beginning = { pipeline: definition.name, mark, started_at: startedAt.toISOString() };
  await store.put(beginningKey(folder, set), Buffer.from(JSON.stringify(note)), { type: 'application/json', signal });
}

export async function forgetBeginning({ store, folder, signal }: Bucket, set: string): Promise<void> {
  await store.delete([beginningKey(folder, set)], signal);
}

/** Removes the objects of this pipeline's sets that were never completed. Another one's are left. */
export async function removeUnfinished(context: Bucket): Promise<void> {
  const { store, folder, pipeline, signal, say } = context;
  for await (const { key } of store.list(beginningsFolder(folder), signal)) {
    const note = await store.get(key, signal);
    if (note === undefined || markOf(note) !== pipeline.mark) continue;
    const set = `${folder}${setName(key)}/`;
    // Completed, and its manager was killed before it could take the note away.
    const complete = (await store.get(`${set}${MANIFEST}`, signal)) !== undefined;
    if (!complete) {
      const left: string[] = [];
      for await (const object of store.list(set, signal)) left.push(object.key);
      await store.delete(left, signal);
      say(`${set}: ${left.length} objects of a load that was not completed are removed`);
    }
    await store.delete([key], signal);
  }
}

/** Undefined for an object that is no note of ours. */
function markOf(note: Uint8Array): string | undefined {
  try {
    return (JSON.parse(new TextDecoder().decode(note)) as Partial<Beginning> | null)?.mark;
  } catch {
    return undefined;
  }
}
