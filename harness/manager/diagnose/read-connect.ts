import { type ConnectClient, type ConnectorStatus, rootCause } from '#clients/connect.ts';
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
    const there = status === undefined || has === undefined ? undefined : { status, config: has };
    return connectSetUp({ plugins, names }, wanted, there, asking);
  });
}

/** A connector as its workers have given it; nothing of one that is not there. */
export function connectSetUp(
  group: Pick<ConnectSetUp, 'plugins' | 'names'>,
  wanted: WantedConnector,
  there: { readonly status: ConnectorStatus; readonly config: Readonly<Record<string, string>> } | undefined,
  { hide }: Pick<Asking, 'hide'>,
): ConnectSetUp {
  if (there === undefined) return { ...group, ...wanted };
  const { status, config } = there;
  const shown = Object.entries(config).map(([property, value]) => [property, hide(redacted(property, value))]);
  const traced = ({ trace }: { readonly trace?: string }) =>
    trace === undefined ? {} : { trace: hide(trace), reason: hide(rootCause(trace)) };
  const connector: ConnectorSetUp = {
    ...{ state: status.connector.state, ...traced(status.connector) },
    tasks: status.tasks.map((task) => ({ id: task.id, state: task.state, ...traced(task) })),
  };
  const user = kafkaUserOf(config);
  return {
    ...{ ...group, ...wanted, config: Object.fromEntries(shown), connector },
    ...(user === undefined ? {} : { kafkaUser: user }),
  };
}

/** The user of a login with name and password (PLAIN, SCRAM), which stands beside the password. */
function kafkaUserOf(config: Readonly<Record<string, string>>): string | undefined {
  const logins = ['producer', 'consumer'].map((client) => config[`${client}.override.sasl.jaas.config`] ?? '');
  return logins.flatMap((login) => /\busername\s*=\s*"([^"]+)"/.exec(login)?.[1] ?? []).at(0);
}
