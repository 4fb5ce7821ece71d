import type { Stack, Topology } from '#model/stack.ts';
import { OperatorError } from '#std/errors.ts';
import { auto } from './auto.ts';
import { docker } from './docker/runtime.ts';
import { embedded } from './embedded/runtime.ts';
import type { Runtime, StackOptions } from './runtime.ts';

export type { StackOptions } from './runtime.ts';

/** How a stack can be run, by name. A new runtime is a folder beside `embedded/` and a line here. */
const RUNTIMES: Readonly<Record<string, Runtime>> = { embedded, docker, auto };

/** The runtime of a topology that names none. */
const DEFAULT_RUNTIME = 'embedded';

/** Starts a stack of a topology; see {@link Runtime.start}. */
export function startStack({ runtime, ...counts }: Topology, options: StackOptions): Promise<Stack> {
  return runtimeOf(runtime).start({ ...options, ...counts });
}

/** Throws an OperatorError (exit 2) for a runtime that there is not. */
export function runtimeOf(name: string = DEFAULT_RUNTIME): Runtime {
  const found = Object.hasOwn(RUNTIMES, name) ? RUNTIMES[name] : undefined;
  if (found !== undefined) return found;
  throw new OperatorError({
    code: 'no-runtime',
    message: `there is no runtime "${name}"`,
    expected: Object.keys(RUNTIMES).join(' or '),
    found: name,
  });
}
