import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { ObjectStore } from '#clients/s3.ts';
import type { Node } from '#model/stack.ts';
import type { Text } from '#model/values.ts';
import { textsOfLine } from '#objects/json-lines.ts';
import { openLab } from '#runtimes/embedded/lab-folder.ts';
import { EmbeddedNode } from '#runtimes/embedded/node.ts';
import { objectStoreHome, objectsNode } from '#runtimes/embedded/objects-node.ts';
import { freePorts } from '#std/free-port.ts';

export interface TestObjects extends AsyncDisposable {
  readonly node: Node;
  readonly endpoint: string;
  readonly credentials: { readonly keyId: string; readonly secret: string };
}

type ReadRow = Readonly<Record<string, Text>>;

/** A place in the log, as a change's object has it. */
export const placeOf = (change: ReadRow) => `${change._cdc_topic}/${change._cdc_partition}/${change._cdc_offset}`;

/** What a reader makes of a complete load and the changes behind it: the latest version of each row, by its key. */
export function latestRows(loaded: readonly ReadRow[], changes: readonly ReadRow[], key: readonly string[]) {
  const idOf = (row: ReadRow) => JSON.stringify(key.map((name) => row[name] ?? null));
  const rows = new Map(loaded.map((row) => [idOf(row), row]));
  const inOrder = changes.toSorted((a, b) => Number(a._cdc_offset) - Number(b._cdc_offset));
  for (const change of inOrder) {
    const own = Object.fromEntries(Object.entries(change).filter(([name]) => !name.startsWith('_cdc_')));
    if (change._cdc_op === 't') rows.clear();
    else if (change._cdc_op === 'd') rows.delete(idOf(change));
    else rows.set(idOf(change), { ...rows.get(idOf(change)), ...own });
  }
  return rows;
}

/** The rows of objects, as they stand in them. */
export async function readLines(store: ObjectStore, keys: readonly string[]): Promise<ReadRow[]> {
  const rows: ReadRow[] = [];
  for (const key of keys)
    for (const line of Buffer.from((await store.get(key)) ?? [])
      .toString()
      .split('\n'))
      if (line !== '') rows.push(textsOfLine(line));
  return rows;
}

/** A throw-away object store, as the lab's own. Disposing of it leaves nothing. */
export async function startTestObjects(): Promise<TestObjects> {
  const store = await objectStoreHome();
  const lab = openLab();
  const [port] = await freePorts(1);
  const credentials = { keyId: 'driftlab', secret: randomBytes(12).toString('hex') };
  const log = join(lab.path, 'objects.log');
  const node = new EmbeddedNode(objectsNode(lab, { ...credentials, store, port, log }), () => {});
  const end = async () => {
    await node.end();
    lab.destroy();
  };
  try {
    await node.start();
  } catch (error) {
    await end();
    throw error;
  }
  return { node, endpoint: `http://127.0.0.1:${port}`, credentials, [Symbol.asyncDispose]: end };
}
