import type { Addresses, Stack, Topology } from '#model/stack.ts';
import { runtimeOf, type StackOptions } from '#runtimes/index.ts';

/** The whole stack for a test: `await using stack = await startTestStack()`. Some 5 to 10 s on two cores. */
export function startTestStack(
  engines: StackOptions['engines'] = {},
  { brokers = 1, workers = 1, ...more }: Omit<Topology, 'runtime'> = {},
): Promise<Stack> {
  return runtimeOf().start({ engines, brokers, workers, ...more });
}

/** A stack with another server in place of one of its own, whoever asks for its address. */
export function withServers(stack: Stack, servers: Partial<Pick<Addresses, 'source' | 'sink'>>): Stack {
  return { ...stack, ...servers, seen: (by) => ({ ...stack.seen(by), ...servers }) };
}
