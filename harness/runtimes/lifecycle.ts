import type { Node, NodeName, Service } from '#model/stack.ts';
import { OperatorError } from '#std/errors.ts';
import { nodeExited } from './node-exit.ts';

type Nodes = ReadonlyMap<NodeName, Node>;

const BOOTS = 3;

/** Starts a stack; again where somebody was quicker to take a port that was free when it was chosen, unless its ports are kept. */
export async function onFreePorts<T>(boot: () => Promise<T>, kept = false): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await boot();
    } catch (error) {
      const taken = error instanceof OperatorError && error.code === 'port-taken';
      if (!taken || tries === BOOTS || kept) throw error;
    }
  }
}

/** Starts all at once. The first that fails ends the starts of the others. */
export async function startTogether(nodes: readonly Pick<Node, 'start'>[], signal: AbortSignal): Promise<void> {
  const failed = new AbortController();
  const limit = AbortSignal.any([signal, failed.signal]);
  const starts = nodes.map((node) => node.start(limit));
  for (const start of starts) start.catch((error) => failed.abort(error));
  await Promise.allSettled(starts);
  if (limit.aborted) throw limit.reason;
}

/** Ends all in order, the workers first: on their orderly end they write to the broker how far they are. */
export async function stopInOrder(nodes: Nodes, services: readonly Service[]): Promise<void> {
  const workers = services.filter(({ kind }) => kind === 'workers').flatMap((service) => service.nodes);
  await Promise.all(workers.map((name) => nodes.get(name)?.stop()));
  await Promise.all([...nodes.values()].map((node) => node.stop()));
}

/** Who hears of nodes that exit without having been told to. */
export interface Deaths {
  /** Aborted by the first: those that are still starting would wait for it to their limits. */
  readonly signal: AbortSignal;
  died(node: Node): void;
  /** See `Stack.onNodeDied`. */
  onNodeDied(listener: (node: Node) => void): void;
}

export function hearDeaths(nodes: Nodes): Deaths {
  const listeners: ((node: Node) => void)[] = [];
  const exited = new AbortController();
  return {
    signal: exited.signal,
    died(node) {
      exited.abort(nodeExited(node));
      for (const listener of listeners) listener(node);
    },
    onNodeDied(listener) {
      listeners.push(listener);
      for (const node of nodes.values()) if (node.state === 'failed') listener(node);
    },
  };
}
