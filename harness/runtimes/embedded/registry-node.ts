import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { RegistryAddresses } from '#model/stack.ts';
import { findRegistry, type Registry, registryAdvice, registryArchive } from '#setup/registry.mjs';
import { OperatorError } from '#std/errors.ts';
import { fetchPart } from './fetch-part.ts';
import { archiveArgs, type Boot, foundJava, link } from './jvm.ts';
import type { LabFolder } from './lab-folder.ts';
import type { NodeSpec } from './node.ts';

export interface RegistryOptions {
  readonly port: number;
  readonly registry: Registry;
  readonly boot: Boot;
  readonly log: string;
  readonly onState?: NodeSpec['onState'];
}

export const REGISTRY_NODE = 'registry';

export function registryAddresses(port: number): RegistryAddresses {
  const base = `http://127.0.0.1:${port}/apis`;
  return { url: `${base}/ccompat/v7`, ownUrl: `${base}/registry/v2` };
}

/** The database of its schemas, in its working folder: they survive its end, whatever ends it. */
const DATA = 'schemas';

/** Removes the schemas of a registry that does not run: it begins anew, with the number 1. */
export async function forgetSchemas(lab: Pick<LabFolder, 'path'>): Promise<void> {
  const folder = join(lab.path, REGISTRY_NODE);
  for (const file of readdirSync(folder)) if (file.startsWith(`${DATA}.`)) rmSync(join(folder, file));
}

/**
 * Apicurio Registry with its schemas in a file. A schema is on the disk before its number is given out (WRITE_DELAY): the number
 * is in records by the time that the registry may be killed.
 */
export function registryNode(lab: LabFolder, { registry, port, boot, log, onState }: RegistryOptions): NodeSpec {
  const folder = join(lab.path, REGISTRY_NODE);
  mkdirSync(folder, { recursive: true });
  link(registry.app, join(folder, 'app'));
  const java = foundJava();
  const settings = {
    'quarkus.http.host': '127.0.0.1',
    'quarkus.http.port': port,
    'quarkus.http.access-log.enabled': false,
    'apicurio.storage.kind': 'sql',
    'apicurio.storage.sql.kind': 'h2',
    'apicurio.datasource.url': `jdbc:h2:file:./${DATA};WRITE_DELAY=0`,
  };
  return {
    name: REGISTRY_NODE,
    ...{ lab, log },
    command: {
      file: resolve(java.command),
      args: [
        ...(boot === 'plain' ? [] : archiveArgs(registryArchive(java), { boot, folder })),
        ...['-Xms64m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:+ExitOnOutOfMemoryError'],
        ...Object.entries(settings).map(([name, value]) => `-D${name}=${value}`),
        ...['-jar', join('app', registry.jar)],
      ],
      cwd: folder,
    },
    async ready(signal) {
      const answer = await fetch(`${registryAddresses(port).url}/subjects`, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(2000)]),
      });
      await answer.text();
      return answer.ok;
    },
    startLimitMs: 300_000,
    stopSignal: 'SIGTERM',
    stopLimitMs: boot === 'archive' ? 60_000 : 15_000,
    endSignal: 'SIGKILL',
    ...(onState === undefined ? {} : { onState }),
  };
}

/** What the registry runs from: fetched where it is not there yet; aborting ends that. */
export async function registryHome(signal?: AbortSignal): Promise<Registry> {
  const found = findRegistry();
  if (found !== undefined) return found;
  const said = await fetchPart('registry', signal);
  const fetched = findRegistry();
  if (fetched !== undefined) return fetched;
  throw new OperatorError({
    code: 'registry-missing',
    message: 'the schema registry is not installed, and could not be',
    expected: 'a schema registry for records that are written with one',
    found: said,
    hint: registryAdvice,
    exit: 3,
  });
}
