import { type Node, type NodeName, type Stack, serviceName } from '#model/stack.ts';
import { allToTheEnd } from '#std/all-to-the-end.ts';

/** The nodes of a service, in order. Throws where there are none. */
export function nodesOf({ nodes }: Pick<Stack, 'nodes'>, service: NodeName): readonly [Node, ...Node[]] {
  const [first, ...others] = [...nodes].flatMap(([name, node]) => (serviceName(name) === service ? [node] : []));
  if (first === undefined) throw new Error(`the stack has no node "${service}"`);
  return [first, ...others];
}

export function killAll(nodes: readonly Node[]): Promise<void> {
  return allToTheEnd(nodes.map((node) => node.kill()));
}

export function startAll(nodes: readonly Node[], signal: AbortSignal): Promise<void> {
  return allToTheEnd(nodes.map((node) => node.start(signal)));
}
