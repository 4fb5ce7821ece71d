import { defaultEngine } from '#engines/index.ts';
import type { End, NodeName, Service, Stack } from '#model/stack.ts';
import { type Attached, type AttachedServers, attachedServers, openAttached } from '../attached/attached.ts';
import { AttachedNode } from '../attached/node.ts';
import { capabilitiesOf } from '../capabilities.ts';
import { hearDeaths, onFreePorts, startTogether, stopInOrder } from '../lifecycle.ts';
import { openPrograms } from '../programs.ts';
import { openWays } from '../proxy/ways.ts';
import type { StackOptions } from '../runtime.ts';
import { type Boot, foundJava, jvmParts } from './jvm.ts';
import { openLab } from './lab-folder.ts';
import { EmbeddedNode } from './node.ts';
import { databaseNode, planStack, type StackPlan } from './plan.ts';

/** The servers that run already, of those that are wanted. Throws an OperatorError where there can be none of one. */
function runningServers(engines: Readonly<Record<End, string>>, { attach, kept }: StackOptions): AttachedServers {
  const servers = attach === true ? attachedServers(engines) : {};
  // Those of a lab that was kept are what they were.
  if (kept !== undefined) return servers;
  for (const end of ['source', 'sink'] as const) if (servers[end] === undefined) databaseNode(engines[end]);
  return servers;
}

/**
 * Starts source and sink, brokers (Kafka, KRaft) and two groups of Connect workers as child processes, side by side,
 * and resolves when each of them answers. Throws an OperatorError that names the node and the end of its log; then
 * nothing is left running.
 */
export function startEmbeddedStack(options: StackOptions = {}): Promise<Stack> {
  return bootStack(options, 'fast');
}

/** As {@link startEmbeddedStack}, with or without the measures that make it fast; `plain` starts one after another. */
export async function bootStack(options: StackOptions, boot: Boot): Promise<Stack> {
  return onFreePorts(() => bootOnce(options, boot));
}

async function bootOnce(options: StackOptions, boot: Boot): Promise<Stack> {
  const { source = defaultEngine.name, sink = defaultEngine.name } = options.engines ?? {};
  const engines = { source, sink };
  const running = runningServers(engines, options);
  const parts = jvmParts();
  const lab = openLab(undefined, options.kept);
  const nodes = new Map<NodeName, EmbeddedNode | AttachedNode>();
  const deaths = hearDeaths(nodes);
  let attached: Attached | undefined;
  let services: readonly Service[] = [];
  let disposed: Promise<void> | undefined;
  const ways = options.network === true ? openWays() : undefined;
  let objects: StackPlan['objects'];
  const endWays = async () => {
    await ways?.[Symbol.asyncDispose]();
    await objects?.way[Symbol.asyncDispose]();
  };
  const dispose = async () => {
    await Promise.all([...nodes.values()].map((node) => node.end()));
    await endWays();
    try {
      await attached?.release();
    } finally {
      lab.destroy();
    }
  };
  const suspend = async (): Promise<string> => {
    await stopInOrder(nodes, services);
    await endWays();
    lab.keep();
    return lab.path;
  };
  try {
    attached = openAttached(lab.path, running, options.kept !== undefined);
    const servers = attached?.servers ?? {};
    const plan = await planStack(lab, parts, { ...options, engines, servers, ways }, boot);
    const { addresses } = plan;
    const network = ways?.network;
    ({ services, objects } = plan);
    for (const node of plan.nodes)
      nodes.set(node.name, node instanceof AttachedNode ? node : new EmbeddedNode(node, deaths.died));
    const signal = options.signal === undefined ? deaths.signal : AbortSignal.any([options.signal, deaths.signal]);
    await startNodes(nodes, services, signal, boot);
    return {
      runtime: 'embedded',
      ...{ nodes, services, workers: plan.workers },
      ...addresses.lab,
      seen: (by) => addresses[by],
      ...(network === undefined ? {} : { network }),
      ...(attached === undefined ? {} : { claims: attached.claims }),
      ...(plan.registry === undefined ? {} : { registry: plan.registry }),
      ...(objects === undefined ? {} : { objects }),
      capabilities: capabilitiesOf({ nodes, services, source: addresses.lab.source, network }),
      programs: openPrograms(lab),
      java: foundJava().version,
      onNodeDied: deaths.onNodeDied,
      async suspend() {
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

/**
 * Starts all at once, or one service after another: its nodes may need each other, as the voters of a cluster do. The first that
 * fails ends the starts of the others.
 */
async function startNodes(
  nodes: ReadonlyMap<NodeName, EmbeddedNode | AttachedNode>,
  services: readonly Service[],
  signal: AbortSignal,
  boot: Boot,
): Promise<void> {
  // What runs already is asked first: where it cannot be used, nothing has to be started.
  for (const node of nodes.values()) if (node instanceof AttachedNode) await node.start(signal);
  if (boot !== 'plain') return startTogether([...nodes.values()], signal);
  for (const service of services)
    await startTogether(
      service.nodes.flatMap((name) => nodes.get(name) ?? []),
      signal,
    );
}
