import type { Stack } from '#model/stack.ts';
import { type EmbeddedOptions, startEmbeddedStack } from '#runtimes/embedded/stack.ts';

/** The whole stack for a test: `await using stack = await startTestStack()`. Some 5 to 10 s on two cores. */
export function startTestStack(engines: EmbeddedOptions['engines'] = {}): Promise<Stack> {
  return startEmbeddedStack({ engines });
}
