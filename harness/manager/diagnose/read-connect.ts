import { type ConnectClient, rootCause } from '#clients/connect.ts';
import type { Asked, ConnectorSetUp, ConnectSetUp } from '#model/set-up.ts';
import { redacted } from '#std/redact.ts';
import { type Asking, asked } from './reach.ts';

/** A connector that a pipeline has at a group of workers. */
export interface WantedConnector {
  readonly name: string;
  readonly inferred: boolean;
  readonly connectorClass?: string;
}

/** What a group of workers has, and how the pipeline's connector is. */
export function readConnect(
  client: ConnectClient,
  addresses: readonly string[],
  wanted: WantedConnector,
  asking: Asking,
): Promise<Asked<ConnectSetUp>> {
  const where = addresses.join(', ');
  return asked({ where, address: where }, asking, async (signal): Promise<ConnectSetUp> => {
    const plugins = await client.plugins(signal);
    const names = await client.names(signal);
    const status = await client.status(wanted.name, signal);
    const has = await client.config(wanted.name, signal);
    if (status === undefined || has === undefined) return { plugins, names, ...wanted };
    const shown = Object.entries(has).map(([property, value]) => [property, asking.hide(redacted(property, value))]);
    const traced = ({ trace }: { readonly trace?: string }) =>
      trace === undefined ? {} : { trace: asking.hide(trace), reason: asking.hide(rootCause(trace)) };
    const connector: ConnectorSetUp = {
      ...{ state: status.connector.state, ...traced(status.connector) },
      tasks: status.tasks.map((task) => ({ id: task.id, state: task.state, ...traced(task) })),
    };
    return { plugins, names, ...wanted, config: Object.fromEntries(shown), connector };
  });
}
