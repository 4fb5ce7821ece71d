import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { defaultEngine } from '#engines/index.ts';
import { type NodeName, needsRegistry, type Service, type Stack } from '#model/stack.ts';
import { OperatorError } from '#std/errors.ts';
import { attachedServers } from '../attached/attached.ts';
import { variableOf } from '../attached/variable.ts';
import { capabilitiesOf } from '../capabilities.ts';
import { openLab } from '../embedded/lab-folder.ts';
import { hearDeaths, onFreePorts, startTogether, stopInOrder } from '../lifecycle.ts';
import { openPrograms } from '../programs.ts';
import { openWays, type Ways } from '../proxy/ways.ts';
import type { StackOptions } from '../runtime.ts';
import { relayedPorts } from './brokers.ts';
import { ContainerNode } from './container-node.ts';
import { imageOf } from './databases.ts';
import { type Engine, openEngine } from './engine.ts';
import { ensureImages, type ImageName } from './images.ts';
import { LAB_LABEL } from './labels.ts';
import { type NodeNames, namesOf, planContainers } from './plan.ts';
import { keptIncomplete, newRecord, readRecord } from './record.ts';

/**
 * The images that a stack needs. Throws an OperatorError for an engine of which there is none (`no-server`), for a server that
 * runs already (`attached-outside`), which containers would not reach, for records that need a schema registry
 * (`no-registry`), and for objects (`no-objects`).
 */
export function imagesOf({ engines = {}, attach = false, ...wanted }: StackOptions): ImageName[] {
  if (needsRegistry(wanted)) throw noRegistry(wanted);
  if (wanted.objects === true) throw noObjects();
  const { source = defaultEngine.name, sink = defaultEngine.name } = engines;
  const [end] = Object.keys(attach ? attachedServers({ source, sink }) : {});
  if (end !== undefined) throw attachedOutside(end === 'source' ? source : sink);
  const databases = [source, sink].map(imageOf);
  return [...new Set<ImageName>(['kafka', ...databases])];
}

function noRegistry({ format, registry }: Pick<StackOptions, 'format' | 'registry'>): OperatorError {
  return new OperatorError({
    code: 'no-registry',
    message: 'the Docker runtime has no schema registry',
    expected: 'records that are written without one',
    found: registry === true ? 'a connector whose converter needs one' : `--format ${format}`,
    hint: 'use --runtime embedded',
  });
}

function noObjects(): OperatorError {
  return new OperatorError({
    code: 'no-objects',
    message: 'the Docker runtime has no object store',
    expected: 'variants whose sinks are databases',
    found: 'variants that write objects',
    hint: 'use --runtime embedded',
  });
}

function attachedOutside(engine: string): OperatorError {
  const variable = variableOf(engine);
  return new OperatorError({
    code: 'attached-outside',
    message: 'the Docker runtime starts its databases itself, and does not use servers that run already',
    expected: `${variable} not set`,
    found: `${variable} names a server`,
    hint: `unset ${variable}, or use --runtime embedded`,
  });
}

/**
 * Starts the servers as containers on a network of their own, side by side, and resolves when each of them answers. Images that
 * are not there are built first. Throws an OperatorError before anything is started where no engine can be used or an image
 * cannot be made, and one that names the node and the end of its log; then nothing is left running.
 */
export async function startDockerStack(options: StackOptions = {}): Promise<Stack> {
  const images = imagesOf(options);
  const engine = await openEngine();
  await ensureImages(engine, images, options.signal === undefined ? {} : { signal: options.signal });
  return onFreePorts(() => bootOnce(engine, options), options.kept !== undefined);
}

async function bootOnce(engine: Engine, options: StackOptions): Promise<Stack> {
  const lab = openLab(undefined, options.kept);
  const nodes = new Map<NodeName, ContainerNode>();
  const deaths = hearDeaths(nodes);
  const network = `driftlab-${lab.id}`;
  let disposed: Promise<void> | undefined;
  let led: Led | undefined;
  let services: readonly Service[] = [];
  const dispose = async () => {
    await Promise.all([...nodes.values()].map((node) => node.remove()));
    await led?.ways[Symbol.asyncDispose]();
    await removeNetwork(engine, network);
    lab.noteEngine(undefined);
    lab.destroy();
  };
  const suspend = async (): Promise<string> => {
    await stopInOrder(nodes, services);
    await led?.ways[Symbol.asyncDispose]();
    lab.keep();
    return lab.path;
  };
  try {
    const logs = options.logs ?? join(lab.path, 'logs');
    mkdirSync(logs, { recursive: true });
    const names = namesOf(options);
    const record =
      options.kept === undefined ? await newRecord(lab.path, listening(names, options)) : readRecord(lab.path);
    const made: Readonly<Record<string, string>> =
      options.kept === undefined ? {} : await containersOf(engine, lab.id, names.all);
    // Before there is anything in the engine: whatever ends this process, the next command removes it.
    lab.noteEngine(engine.host);
    if (options.kept === undefined) await makeNetwork(engine, network, lab.id);
    const labels = { [LAB_LABEL]: lab.id };
    led = await leadThroughRelays(
      engine,
      network,
      relayedPorts(names.brokers).every((key) => key in record.ports),
    );
    const plan = await planContainers({ names, record, options, lab: lab.path, logs, network, labels, led, nodes });
    services = plan.services;
    for (const spec of plan.specs) nodes.set(spec.name, new ContainerNode(spec, engine, deaths.died, made[spec.name]));
    const signal = options.signal === undefined ? deaths.signal : AbortSignal.any([options.signal, deaths.signal]);
    await startTogether([...nodes.values()], signal);
    const { workers, addresses } = plan;
    const relayed = led?.ways.network;
    return {
      runtime: 'docker',
      ...{ nodes, services, workers },
      ...addresses.lab,
      seen: (by) => addresses[by],
      ...(relayed === undefined ? {} : { network: relayed }),
      capabilities: capabilitiesOf({ nodes, services, source: addresses.lab.source, network: relayed }),
      programs: openPrograms(lab),
      onNodeDied: deaths.onNodeDied,
      suspend() {
        const suspended = suspend();
        disposed ??= suspended.then(() => {});
        return suspended;
      },
      [Symbol.asyncDispose]: () => (disposed ??= dispose()),
    };
  } catch (error) {
    // What could not be started again is as it was: the next start may find what it lacks.
    if (options.kept !== undefined) await suspend();
    else await dispose();
    throw error;
  }
}

interface Led {
  readonly ways: Ways;
  /** The address that relays listen on, which containers reach. */
  readonly relays: string;
}

/** What of a stack listens at ports of 127.0.0.1. */
function listening(names: NodeNames, { network = false }: StackOptions): readonly string[] {
  return network ? [...names.all, ...relayedPorts(names.brokers)] : names.all;
}

/**
 * Relays in this process, at the address that the lab's network has on this machine. Undefined where none are wanted, and where
 * that address is another machine's, as a virtual one's of Docker Desktop: then no network fault can be made.
 */
async function leadThroughRelays({ docker }: Engine, network: string, wanted: boolean): Promise<Led | undefined> {
  if (!wanted) return undefined;
  const { IPAM } = await docker.getNetwork(network).inspect();
  const relays = IPAM?.Config?.[0]?.Gateway;
  if (relays === undefined || !(await canListen(relays))) return undefined;
  return { ways: openWays(relays), relays };
}

/** Whether an address is this machine's. A bridge that nothing is on yet is not among its interfaces. */
function canListen(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(0, host, () => server.close(() => resolve(true)));
  });
}

/** A network of the lab's own, whose published ports are those of 127.0.0.1. */
async function makeNetwork({ docker }: Engine, name: string, lab: string): Promise<void> {
  await docker.createNetwork({
    Name: name,
    Driver: 'bridge',
    CheckDuplicate: true,
    Labels: { [LAB_LABEL]: lab },
    Options: { 'com.docker.network.bridge.host_binding_ipv4': '127.0.0.1' },
  });
}

async function removeNetwork({ docker }: Engine, name: string): Promise<void> {
  try {
    await docker.getNetwork(name).remove();
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 404) throw error;
  }
}

/** The containers of a lab that was kept, by the names of their nodes. */
async function containersOf(
  { docker }: Engine,
  lab: string,
  names: readonly NodeName[],
): Promise<Readonly<Record<string, string>>> {
  const found = await docker.listContainers({ all: true, filters: { label: [`${LAB_LABEL}=${lab}`] } });
  const made = Object.fromEntries(found.map(({ Id, Labels }) => [Labels['driftlab.node'] ?? '', Id]));
  const missing = names.filter((name) => made[name] === undefined);
  if (missing.length > 0) throw keptIncomplete(`containers of ${missing.join(', ')}`);
  return made;
}
