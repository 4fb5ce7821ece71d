import type { Stack, Topology } from '#model/stack.ts';
import { runtimeOf, type StackOptions } from '#runtimes/index.ts';

/** The whole stack for a test: `await using stack = await startTestStack()`. Some 5 to 10 s on two cores. */
export function startTestStack(
  engines: StackOptions['engines'] = {},
  { brokers = 1, workers = 1 }: Pick<Topology, 'brokers' | 'workers'> = {},
): Promise<Stack> {
  return runtimeOf().start({ engines, brokers, workers });
}
