import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ProxyAnswer, ProxyCall } from './protocol.ts';
import type { RelayCounts, RelayOptions, RelayTrouble } from './relay.ts';

/** Relays in a thread of their own, so that nothing that the lab computes holds up what they forward. */
export interface Relays extends AsyncDisposable {
  /** Begins to forward, and resolves with the port that it listens on. Throws what the system says where it cannot. */
  open(relay: string, options: RelayOptions): Promise<number>;
  /** See {@link Relay.set}. */
  set(relay: string, trouble: RelayTrouble | undefined): Promise<RelayCounts>;
  count(relay: string): Promise<RelayCounts>;
}

/** The program is shipped as JavaScript, and run from source as TypeScript. */
const THREAD = new URL(`./thread${extname(import.meta.url)}`, import.meta.url);

export function openRelays(): Relays {
  const thread = new Worker(THREAD);
  // It ends with the process, and keeps none alive.
  thread.unref();
  const calls = new Map<number, PromiseWithResolvers<unknown>>();
  let ended: Error | undefined;
  let last = 0;
  const fail = (error: Error): void => {
    ended ??= error;
    for (const { reject } of calls.values()) reject(ended);
    calls.clear();
    thread.unref();
  };
  thread.on('error', fail);
  thread.on('exit', () => fail(new Error('the proxy of the network has ended')));
  thread.on('message', ({ id, value, error }: ProxyAnswer) => {
    const call = calls.get(id);
    calls.delete(id);
    if (calls.size === 0) thread.unref();
    if (error === undefined) call?.resolve(value);
    else call?.reject(Object.assign(new Error(error.message), { code: error.code }));
  });
  const ask = (call: ProxyCall): Promise<unknown> => {
    if (ended !== undefined) return Promise.reject(ended);
    const asked = Promise.withResolvers<unknown>();
    last += 1;
    calls.set(last, asked);
    // Whoever waits for an answer alone would otherwise see its process end.
    thread.ref();
    thread.postMessage({ id: last, call });
    return asked.promise;
  };
  let disposed: Promise<void> | undefined;
  return {
    open: async (relay, options) => (await ask({ does: 'open', relay, options })) as number,
    set: async (relay, trouble) => (await ask({ does: 'set', relay, trouble })) as RelayCounts,
    count: async (relay) => (await ask({ does: 'count', relay })) as RelayCounts,
    [Symbol.asyncDispose]: () =>
      (disposed ??= (async () => {
        await ask({ does: 'close' }).catch(() => {});
        await thread.terminate();
      })()),
  };
}
