import type { Stack } from '#model/stack.ts';
import { type EmbeddedOptions, startEmbeddedStack } from './embedded/stack.ts';

export type RuntimeOptions = EmbeddedOptions;

/** How a stack can be run. A new runtime is a folder beside `embedded/` and a line here. */
export const RUNTIMES: Readonly<Record<string, (options?: RuntimeOptions) => Promise<Stack>>> = {
  embedded: startEmbeddedStack,
};
