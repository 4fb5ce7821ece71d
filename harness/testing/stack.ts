import type { Stack } from '#model/stack.ts';
import { startEmbeddedStack } from '#runtimes/embedded/stack.ts';

/** The whole stack for a test: `await using stack = await startTestStack()`. Some 5 to 10 s on two cores. */
export function startTestStack(): Promise<Stack> {
  return startEmbeddedStack();
}
