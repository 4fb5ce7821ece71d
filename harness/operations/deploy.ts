import { readVaulted, resolveVaulted } from '#clients/config-references.ts';
import type { ConnectClient } from '#clients/connect.ts';
import type { Vault } from '#clients/vault.ts';
import { OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';
import { HIDDEN, isSecret, redacted } from '#std/redact.ts';
import { connectorState, STATE_LIMIT_MS } from './connectors.ts';
import { whileStopped } from './while-stopped.ts';

type Config = Readonly<Record<string, string>>;

/** One property that is to be another. Secrets are not in it. */
export interface Change {
  readonly property: string;
  /** Absent where the connector has it not yet. */
  readonly from?: string;
  /** Absent where it is taken away. */
  readonly to?: string;
}

/** What deploying a connector would do. */
export interface Deployment {
  readonly name: string;
  readonly config: Config;
  /** There is none of this name yet. */
  readonly creates: boolean;
  readonly changes: readonly Change[];
}

/** A connector as it is to be deployed. */
interface Wanted {
  readonly name: string;
  readonly config: Config;
  /** Properties whose values are not to be shown, whatever they are called. */
  readonly secret?: ReadonlySet<string>;
}

/** A configuration with what its references to Vault stand for. Throws an OperatorError for one that Vault does not have. */
export async function withSecrets(
  config: Config,
  vault: Pick<Vault, 'secret'>,
  signal: AbortSignal,
): Promise<Pick<Wanted, 'config'> & { readonly secret: ReadonlySet<string> }> {
  const vaulted = await readVaulted(Object.values(config), vault, signal);
  const resolved = Object.entries(config).map(
    ([property, value]) => [property, resolveVaulted(value, vaulted)] as const,
  );
  return {
    config: Object.fromEntries(resolved),
    secret: new Set(resolved.flatMap(([property, value]) => (value === config[property] ? [] : [property]))),
  };
}

const NONE: ReadonlySet<string> = new Set();

/**
 * What deploying a configuration changes. Throws an OperatorError (`connector-invalid`) for one that the workers, or the
 * connector's own code, do not take: with what they say against each property; and one (`plugin-missing`) where no worker has its
 * class.
 */
export async function planDeployment(
  client: ConnectClient,
  { name, config, secret = NONE }: Wanted,
  signal: AbortSignal,
): Promise<Deployment> {
  const connectorClass = config['connector.class'];
  if (connectorClass === undefined || connectorClass === '')
    throw invalid(name, [{ property: 'connector.class', message: 'it is missing' }]);
  await requirePlugin(client, { name, connectorClass }, signal);
  const whole = { ...config, name };
  const against = await client.validate(connectorClass, whole, signal);
  // What is said against a value may have it in it.
  const values = Object.entries(config).flatMap(([property, value]) =>
    value !== '' && (secret.has(property) || isSecret(property, value)) ? [value] : [],
  );
  const hide = (text: string) => values.reduce((said, value) => said.replaceAll(value, HIDDEN), text);
  if (against.length > 0)
    throw invalid(
      name,
      against.map(({ property, message }) => ({ property, message: hide(message) })),
    );
  const there = await client.config(name, signal);
  return { name, config: whole, creates: there === undefined, changes: changesBetween(there ?? {}, whole, secret) };
}

/** Connect takes the last name of a class as well, with or without `Connector` behind it. */
function isNamed(plugin: string, wanted: string): boolean {
  const last = plugin.slice(plugin.lastIndexOf('.') + 1);
  return [plugin, last, last.replace(/Connector$/, '')].includes(wanted);
}

async function requirePlugin(
  client: ConnectClient,
  { name, connectorClass }: { readonly name: string; readonly connectorClass: string },
  signal: AbortSignal,
): Promise<void> {
  const plugins = await client.plugins(signal);
  if (plugins.some((plugin) => isNamed(plugin, connectorClass))) return;
  const near = nearest(connectorClass, plugins);
  throw new OperatorError({
    code: 'plugin-missing',
    message: `the workers do not have ${connectorClass}, the class of ${name}`,
    expected: `one of their plugins: ${plugins.join(', ') || 'they have none'}`,
    found: connectorClass,
    hint: `${near.length > 0 ? `did you mean ${near.join(' or ')}? Otherwise ` : ''}put its folder into one of plugin.path at every worker, and start them anew`,
    exit: 1,
  });
}

function invalid(name: string, against: readonly { readonly property: string; readonly message: string }[]) {
  return new OperatorError({
    code: 'connector-invalid',
    message: `the workers do not take the configuration of ${name}`,
    expected: 'one that every property of is right',
    found: against.map(({ property, message }) => `${property}: ${message}`).join('; '),
    exit: 1,
  });
}

/** By property, in alphabetical order. */
export function changesBetween(from: Config, to: Config, secret = NONE): Change[] {
  const shown = (property: string, value: string) => (secret.has(property) ? HIDDEN : redacted(property, value));
  const properties = [...new Set([...Object.keys(from), ...Object.keys(to)])]
    .filter((one) => one !== 'name')
    .toSorted();
  return properties.flatMap((property): Change[] => {
    const [before, after] = [from[property], to[property]];
    if (before === after) return [];
    return [
      {
        property,
        ...(before === undefined ? {} : { from: shown(property, before) }),
        ...(after === undefined ? {} : { to: shown(property, after) }),
      },
    ];
  });
}

export interface DeployOptions {
  /** A task is said to run before it has read or written anything: so long it has to go on running. */
  readonly watchMs: number;
  /** It is not to run yet: its offsets are set before. */
  readonly stopped?: boolean;
  readonly signal: AbortSignal;
}

/**
 * Does what was planned, waits until the connector and its tasks run, and sees that they go on to: throws an OperatorError with
 * the trace where they fail. A connector that is paused or stopped stays so; `stopped` leaves any so. Resolves with its state.
 */
export async function deploy(
  client: ConnectClient,
  { name, config, creates, changes }: Deployment,
  { watchMs, stopped = false, signal }: DeployOptions,
): Promise<string> {
  if (stopped) {
    if (creates) await client.createStopped(name, config, signal);
    else {
      await client.stop(name, { limitMs: STATE_LIMIT_MS, signal });
      await client.put(name, config, signal);
    }
    // One that was made just now has no status yet.
    await client.awaitState(name, 'STOPPED', { limitMs: STATE_LIMIT_MS, signal });
    return 'STOPPED';
  }
  if (creates) await client.put(name, config, signal);
  // Tasks of before would be taken for those that begin now.
  else if (changes.length > 0) await whileStopped(client, name, signal, () => client.put(name, config, signal));
  // One that was made just now has no status yet.
  const state = creates ? '' : (await connectorState(client, name, signal)).state;
  if (state === 'PAUSED' || state === 'STOPPED') return state;
  await client.awaitState(name, 'RUNNING', { limitMs: STATE_LIMIT_MS, signal });
  await client.watchRunning(name, { forMs: watchMs, signal });
  return 'RUNNING';
}

/** Sources whose connectors run one task, whatever `tasks.max` says. */
const ONE_TASK = /^io\.debezium\.connector\.(postgresql|mysql|mariadb|oracle|db2|informix)\./;

/** What is to be known of so many tasks; undefined where nothing is. `partitions` are those of the topics that a sink reads. */
export function scaleWarning(config: Config, tasks: number, partitions?: number): string | undefined {
  const { 'connector.class': connectorClass = '', topics, 'topics.regex': regex } = config;
  if (tasks > 1 && ONE_TASK.test(connectorClass))
    return `${connectorClass} runs one task, whatever tasks.max is: a log has one reader`;
  const isSink = topics !== undefined || regex !== undefined;
  if (isSink && partitions !== undefined && tasks > partitions)
    return `its topics have ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}: more tasks than that have nothing to do`;
  return undefined;
}
