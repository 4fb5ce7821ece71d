/** What runs in the proxy's own thread: relays by their names, told what to do by messages. */
import { parentPort } from 'node:worker_threads';
import type { ProxyAnswer, ProxyCall } from './protocol.ts';
import { Relay } from './relay.ts';

const relays = new Map<string, Relay>();

function named(name: string): Relay {
  const relay = relays.get(name);
  if (relay === undefined) throw new Error(`no relay ${name}`);
  return relay;
}

async function answer(call: ProxyCall): Promise<unknown> {
  switch (call.does) {
    case 'open': {
      const relay = new Relay(call.options);
      const port = await relay.listen();
      relays.set(call.relay, relay);
      return port;
    }
    case 'set':
      return named(call.relay).set(call.trouble);
    case 'count':
      return named(call.relay).counts();
    case 'close':
      await Promise.all([...relays.values()].map((relay) => relay.close()));
      relays.clear();
      return undefined;
  }
}

parentPort?.on('message', ({ id, call }: { readonly id: number; readonly call: ProxyCall }) => {
  const reply = (told: ProxyAnswer): void => parentPort?.postMessage(told);
  answer(call).then(
    (value) => reply({ id, value }),
    (error: NodeJS.ErrnoException) => reply({ id, error: { message: error.message, code: error.code } }),
  );
});
