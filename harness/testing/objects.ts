import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Node } from '#model/stack.ts';
import { openLab } from '#runtimes/embedded/lab-folder.ts';
import { EmbeddedNode } from '#runtimes/embedded/node.ts';
import { objectStoreHome, objectsNode } from '#runtimes/embedded/objects-node.ts';
import { freePorts } from '#std/free-port.ts';

export interface TestObjects extends AsyncDisposable {
  readonly node: Node;
  readonly endpoint: string;
  readonly credentials: { readonly keyId: string; readonly secret: string };
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
