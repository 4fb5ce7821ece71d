import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findObjectStore, type ObjectStore, objectStoreAdvice } from '#setup/objects.mjs';
import { OperatorError } from '#std/errors.ts';
import { fetchPart } from './fetch-part.ts';
import { foundJava, link, UTF8_LOCALE } from './jvm.ts';
import type { LabFolder } from './lab-folder.ts';
import type { NodeSpec } from './node.ts';
import { properties } from './properties.ts';

export const OBJECTS_NODE = 'objects';

export interface ObjectsNodeOptions {
  readonly store: ObjectStore;
  readonly port: number;
  /** What clients sign their requests with. */
  readonly keyId: string;
  readonly secret: string;
  readonly log: string;
  readonly onState?: NodeSpec['onState'];
}

const CONFIG = 's3proxy.properties';
const DATA = 'buckets';

/** S3Proxy on a folder of its own: buckets are folders there, and survive its end, whatever ends it. */
export function objectsNode(lab: LabFolder, options: ObjectsNodeOptions): NodeSpec {
  const { store, port, keyId, secret, log, onState } = options;
  const folder = join(lab.path, OBJECTS_NODE);
  mkdirSync(join(folder, DATA), { recursive: true });
  const settings = {
    's3proxy.endpoint': `http://127.0.0.1:${port}`,
    's3proxy.authorization': 'aws-v2-or-v4',
    's3proxy.identity': keyId,
    's3proxy.credential': secret,
    'jclouds.provider': 'filesystem-nio2',
    'jclouds.identity': 'none',
    'jclouds.credential': 'none',
    // Below a relative path S3Proxy 4.1.0 keeps what is written, and lists none of it.
    'jclouds.filesystem.basedir': join(folder, DATA),
  };
  writeFileSync(join(folder, CONFIG), properties(settings), { mode: 0o600 });
  link(store.jar, join(folder, 's3proxy.jar'));
  return {
    name: OBJECTS_NODE,
    ...{ lab, log },
    command: {
      file: resolve(foundJava().command),
      args: [
        ...['-Xms32m', '-Xmx192m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:+ExitOnOutOfMemoryError'],
        ...['-jar', 's3proxy.jar', '--properties', CONFIG],
      ],
      cwd: folder,
      env: { ...process.env, LC_ALL: UTF8_LOCALE },
    },
    async ready(signal) {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(2000)]);
      const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: limit });
      await answer.text();
      // Nobody has signed this request: to be refused is an answer.
      return answer.status < 500;
    },
    startLimitMs: 120_000,
    stopSignal: 'SIGTERM',
    stopLimitMs: 10_000,
    endSignal: 'SIGKILL',
    ...(onState === undefined ? {} : { onState }),
  };
}

/** What the object store runs from: fetched where it is not there yet; aborting ends that. */
export async function objectStoreHome(signal?: AbortSignal): Promise<ObjectStore> {
  const found = findObjectStore();
  if (found !== undefined) return found;
  const said = await fetchPart('s3', signal);
  const fetched = findObjectStore();
  if (fetched !== undefined) return fetched;
  throw new OperatorError({
    code: 'object-store-missing',
    message: 'the object store S3Proxy is not installed, and could not be',
    expected: 'S3Proxy for a lab with an object store of its own',
    found: said,
    hint: objectStoreAdvice,
    exit: 3,
  });
}
