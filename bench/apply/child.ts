// The built-in applier in a process of its own, so that its memory is nobody else's: options as JSON on standard input.
// Says `running` when it has joined its group; at any message it stops, and says what it has used.
import { text } from 'node:stream/consumers';
import { type BuiltinApplierOptions, startBuiltinApplier } from '#appliers/builtin/applier.ts';
import { registryClient } from '#clients/registry.ts';

/** What the process has used in its life, as the operating system counts it. */
export interface Used {
  readonly rssMb: number;
  readonly cpuMs: number;
}

/** An applier's options, as far as they are texts and numbers. */
export interface ChildOptions extends Omit<BuiltinApplierOptions, 'registry' | 'columns'> {
  readonly registryUrl?: string;
}

export type Message = { readonly running: true } | { readonly failed: string } | { readonly used: Used };

const say = (message: Message): void => void process.send?.(message);

const { registryUrl, ...options } = JSON.parse(await text(process.stdin)) as ChildOptions;
const applier = await startBuiltinApplier({
  ...options,
  ...(registryUrl === undefined ? {} : { registry: registryClient(registryUrl) }),
  onError: (error) => say({ failed: String(error) }),
});
say({ running: true });
process.once('message', async () => {
  await applier.stop();
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  say({ used: { rssMb: maxRSS / 1024, cpuMs: (userCPUTime + systemCPUTime) / 1000 } });
  process.disconnect();
});
