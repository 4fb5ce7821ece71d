import type { ConnectClient } from '#clients/connect.ts';
import { connectorState, STATE_LIMIT_MS } from './connectors.ts';

/** Does something while a connector is stopped, and resumes it where it was not before, also where that failed. */
export async function whileStopped<T>(
  client: ConnectClient,
  name: string,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const { state } = await connectorState(client, name, signal);
  await client.stop(name, { limitMs: STATE_LIMIT_MS, signal });
  try {
    return await work();
  } finally {
    if (state === 'PAUSED') {
      await client.change(name, 'pause');
      // Whoever asks next would take it for one that runs, or is stopped.
      await client.awaitState(name, 'PAUSED', { limitMs: STATE_LIMIT_MS, signal });
    } else if (state !== 'STOPPED') {
      await client.change(name, 'resume');
      await client.awaitState(name, 'RUNNING', { limitMs: STATE_LIMIT_MS, signal });
    }
  }
}
