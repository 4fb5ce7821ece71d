import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import type { ConnectorConfig, End, WorkerGroup } from '#model/stack.ts';
import { OperatorError } from '#std/errors.ts';
import { redacted } from '#std/redact.ts';
import { type UntilOptions, until } from '#std/wait.ts';

type ConnectorState = 'UNASSIGNED' | 'RUNNING' | 'PAUSED' | 'STOPPED' | 'FAILED' | 'RESTARTING' | 'DESTROYED';

/** As the connector writes it, which is its own affair. */
export interface ConnectorOffset {
  readonly partition: object;
  readonly offset: object;
}

export interface ConnectorStatus {
  readonly name: string;
  /** Connect says `unknown` of a class that the workers do not have any more. */
  readonly type: End | 'unknown';
  readonly connector: { readonly state: ConnectorState; readonly worker_id: string; readonly trace?: string };
  readonly tasks: readonly {
    readonly id: number;
    readonly state: ConnectorState;
    readonly worker_id: string;
    readonly trace?: string;
  }[];
}

/**
 * The REST interface of a group of Kafka Connect workers, asked at the first worker that answers. Every call throws an
 * OperatorError with Connect's own message.
 */
export interface ConnectClient {
  /** Creates the connector or changes its configuration. */
  put(name: string, config: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<void>;
  /** Creates a connector that has no tasks before it is resumed. */
  createStopped(name: string, config: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<void>;
  /** Its configuration; undefined where there is no such connector. */
  config(name: string, signal?: AbortSignal): Promise<Readonly<Record<string, string>> | undefined>;
  /** How it is; undefined where there is no such connector. No address in its traces has a password. */
  status(name: string, signal?: AbortSignal): Promise<ConnectorStatus | undefined>;
  /** `stop` ends the tasks and frees what they hold; `pause` leaves them idle. */
  change(name: string, to: 'pause' | 'resume' | 'stop', signal?: AbortSignal): Promise<void>;
  /** Where the connector was when it last said so, by partition; none where it has never run. */
  offsets(name: string, signal?: AbortSignal): Promise<readonly ConnectorOffset[]>;
  /** Sets where a connector is in these partitions. It must have been stopped. */
  setOffsets(name: string, offsets: readonly ConnectorOffset[], signal?: AbortSignal): Promise<void>;
  /** Forgets where the connector was. It must have been stopped. */
  resetOffsets(name: string, signal?: AbortSignal): Promise<void>;
  delete(name: string, signal?: AbortSignal): Promise<void>;
  names(signal?: AbortSignal): Promise<readonly string[]>;
  /** The id of the Kafka cluster that the workers keep everything in; undefined where they do not say it. */
  clusterId(signal?: AbortSignal): Promise<string | undefined>;
  /** Topics that the workers have seen it write or read; none where they are told not to look (`topic.tracking.enable`). */
  topics(name: string, signal?: AbortSignal): Promise<readonly string[]>;
  /** Classes of the connectors that the worker has. */
  plugins(signal?: AbortSignal): Promise<readonly string[]>;
  /** What the worker and the connector's own code say against a configuration; none where it would do. */
  validate(
    connectorClass: string,
    config: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<readonly { readonly property: string; readonly message: string }[]>;
  /** Waits until the connector and, but for STOPPED, at least one task have the state; throws at once when they FAILED. */
  awaitState(name: string, state: ConnectorState, options: Omit<UntilOptions, 'what'>): Promise<void>;
  /** Asks for so long whether a connector that runs goes on to; throws at once when it, or a task of it, FAILED. */
  watchRunning(name: string, options: { readonly forMs: number; readonly signal: AbortSignal }): Promise<void>;
  /** Stops a connector, which may have failed. Resolves when it has no tasks any more. */
  stop(name: string, options: Omit<UntilOptions, 'what'>): Promise<void>;
  /** Stops a connector that may have failed, and has it start anew. Resolves when it runs; throws where it fails again. */
  restartFailed(name: string, options: Omit<UntilOptions, 'what'>): Promise<void>;
  /** Has one task begin anew. Resolves when it runs; throws where it fails again. */
  restartTask(name: string, task: number, options: Omit<UntilOptions, 'what'>): Promise<void>;
}

const REQUEST_LIMIT_MS = 30_000;
const WATCH_PAUSE_MS = 250;

/**
 * While a worker rebalances, Connect answers 409 to every change, and to what is read 500 with these words: asking again is what its
 * documentation says to do.
 */
function isRebalancing({ status, text }: { readonly status: number; readonly text: string }): boolean {
  return status === 409 || (status === 500 && text.includes('a rebalance is expected'));
}

/** How long one of several workers may take before another one is asked. */
const ONE_OF_SEVERAL_LIMIT_MS = 10_000;

export function connectClient({ urls, access }: Pick<WorkerGroup, 'urls' | 'access'>): ConnectClient {
  const { call, change, get } = openRest(urls, access.authorization);
  const conceal = async (name: string, config: ConnectorConfig): Promise<ConnectorConfig> =>
    (await access.conceal?.(name, config)) ?? config;
  const path = (name: string, rest = ''): string => `/connectors/${encodeURIComponent(name)}${rest}`;

  const client: ConnectClient = {
    put: async (name, config, signal) => change('PUT', path(name, '/config'), await conceal(name, config), signal),
    async createStopped(name, config, signal) {
      await change(
        'POST',
        '/connectors',
        { name, config: await conceal(name, config), initial_state: 'STOPPED' },
        signal,
      );
    },
    config: (name, signal) => get<ConnectorConfig>(path(name, '/config'), signal),
    async status(name, signal) {
      const status = await get<ConnectorStatus>(path(name, '/status'), signal);
      return status && withoutSecrets(status);
    },
    change: (name, to, signal) => change('PUT', path(name, `/${to}`), undefined, signal),
    offsets: async (name, signal) =>
      (await get<{ offsets: ConnectorOffset[] }>(path(name, '/offsets'), signal))?.offsets ?? [],
    setOffsets: (name, offsets, signal) => change('PATCH', path(name, '/offsets'), { offsets }, signal),
    resetOffsets: (name, signal) => change('DELETE', path(name, '/offsets'), undefined, signal),
    delete: (name, signal) => change('DELETE', path(name), undefined, signal),
    names: async (signal) => (await get<string[]>('/connectors', signal)) ?? [],
    clusterId: async (signal) => (await get<{ kafka_cluster_id?: string }>('/', signal))?.kafka_cluster_id,
    async topics(name, signal) {
      const { status, text } = await call('GET', path(name, '/topics'), undefined, signal);
      if (status >= 300) return [];
      return (JSON.parse(text) as Record<string, { topics?: string[] }>)[name]?.topics ?? [];
    },
    async plugins(signal) {
      const plugins = (await get<{ class: string }[]>('/connector-plugins', signal)) ?? [];
      return plugins.map((plugin) => plugin.class);
    },
    async validate(connectorClass, config, signal) {
      const at = `/connector-plugins/${encodeURIComponent(connectorClass)}/config/validate`;
      return complaints(await call('PUT', at, await conceal(config.name ?? 'validated', config), signal));
    },
    awaitState: (name, state, options) => awaitState(client, name, state, options),
    async watchRunning(name, { forMs, signal }) {
      const until = performance.now() + forMs;
      while (performance.now() < until) {
        await client.awaitState(name, 'RUNNING', { limitMs: REQUEST_LIMIT_MS, signal });
        await delay(WATCH_PAUSE_MS, undefined, { signal });
      }
    },
    stop: (name, options) => stop(client, name, options),
    async restartFailed(name, options) {
      await client.stop(name, options);
      await client.change(name, 'resume', options.signal);
      await client.awaitState(name, 'RUNNING', options);
    },
    async restartTask(name, task, options) {
      await change('POST', path(name, `/tasks/${task}/restart`), undefined, options.signal);
      await awaitTask(client, name, task, options);
    },
  };
  return client;
}

/** What is asked of the workers, and the answer of the first that gives one. */
function openRest(urls: readonly string[], authorization: string | undefined) {
  const asked = workersInTurn(urls);
  const call = async (
    method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<{ status: number; text: string }> => {
    return asked(async (url, limitMs) => {
      const limit = AbortSignal.timeout(limitMs);
      const response = await request(`${url}${path}`, {
        method,
        headers: { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      });
      return { status: response.statusCode, text: await response.body.text() };
    }, signal);
  };

  /** The first answer that is not put off; a worker that does not answer is asked again as well. */
  const settled = (...[method, path, body, signal]: Parameters<typeof call>): ReturnType<typeof call> =>
    until(
      async () => {
        const answer = await call(method, path, body, signal);
        return isRebalancing(answer) ? undefined : answer;
      },
      { what: `Kafka Connect to accept ${method} ${path}`, limitMs: REQUEST_LIMIT_MS, signal },
    );

  const change = async (
    method: 'PUT' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<void> => {
    const answer = await settled(method, path, body, signal);
    if (answer.status < 300) return;
    throw new OperatorError({
      code: 'connect-refused',
      message: `Kafka Connect refused ${method} ${path} (HTTP ${answer.status})`,
      found: connectMessage(answer.text),
      exit: 3,
    });
  };

  /** Undefined where there is nothing. */
  const get = async <T>(path: string, signal?: AbortSignal): Promise<T | undefined> => {
    const first = await call('GET', path, undefined, signal);
    // Whoever reads wants to know at once that nobody answers.
    const { status, text } = isRebalancing(first) ? await settled('GET', path, undefined, signal) : first;
    if (status === 404) return undefined;
    if (status >= 300) throw new Error(`Connect: HTTP ${status}: ${connectMessage(text)}`);
    return JSON.parse(text) as T;
  };
  return { call, change, get };
}

function complaints({ status, text }: { readonly status: number; readonly text: string }) {
  if (status >= 300) return [{ property: 'the configuration', message: connectMessage(text) }];
  const { configs = [] } = JSON.parse(text) as Validation;
  return configs.flatMap(({ value }) => value.errors.map((message) => ({ property: value.name, message })));
}

type Asking<T> = (url: string, limitMs: number) => Promise<T>;

/** Asks the worker that answered last, and the others after it where it does not: any of them speaks for the group. */
function workersInTurn(urls: readonly string[]) {
  let answering = 0;
  return async <T>(ask: Asking<T>, signal?: AbortSignal): Promise<T> => {
    let failure: unknown;
    const first = answering;
    for (let turn = 0; turn < urls.length; turn++) {
      const at = (first + turn) % urls.length;
      try {
        const answer = await ask(urls[at] ?? '', urls.length === 1 ? REQUEST_LIMIT_MS : ONE_OF_SEVERAL_LIMIT_MS);
        answering = at;
        return answer;
      } catch (error) {
        failure ??= error;
        if (signal?.aborted) break;
      }
    }
    throw failure;
  };
}

async function awaitState(
  client: Pick<ConnectClient, 'status'>,
  name: string,
  state: ConnectorState,
  options: Omit<UntilOptions, 'what'>,
): Promise<void> {
  let seen = 'no answer yet';
  await until(
    async () => {
      const status = await client.status(name, options.signal);
      if (status === undefined) {
        seen = 'no such connector';
        return false;
      }
      seen = [status.connector.state, ...status.tasks.map((task) => task.state)].join(', ');
      const failed = failureOf(status);
      if (failed !== undefined && state !== 'FAILED')
        throw new OperatorError({
          code: 'connector-failed',
          message: `the connector ${name} failed: ${failed.error}`,
          found: failed.trace,
          exit: 3,
        });
      if (status.connector.state !== state) return false;
      if (state === 'STOPPED') return true;
      // One that was stopped, and then paused, has no tasks before it runs.
      return (state === 'PAUSED' || status.tasks.length > 0) && status.tasks.every((task) => task.state === state);
    },
    { ...options, what: `the connector ${name} to be ${state}`, saw: () => seen },
  );
}

/** The status of a task that has failed stays until the next one of it has begun. */
async function awaitTask(
  client: Pick<ConnectClient, 'status'>,
  name: string,
  task: number,
  options: Omit<UntilOptions, 'what'>,
): Promise<void> {
  let seen = 'no answer yet';
  await until(
    async () => {
      const found = (await client.status(name, options.signal))?.tasks.find(({ id }) => id === task);
      seen = found === undefined ? 'no such task' : `${found.state}${found.trace ? `: ${rootCause(found.trace)}` : ''}`;
      return found?.state === 'RUNNING';
    },
    { ...options, what: `task ${task} of ${name} to run`, saw: () => seen },
  );
}

async function stop(
  client: Pick<ConnectClient, 'status' | 'change'>,
  name: string,
  options: Omit<UntilOptions, 'what'>,
): Promise<void> {
  await client.change(name, 'stop', options.signal);
  // The status of a task that has failed stays until the task is gone: it says nothing of the next one.
  await until(
    async () => {
      const status = await client.status(name, options.signal);
      return status?.connector.state === 'STOPPED' && status.tasks.length === 0;
    },
    { ...options, what: `the connector ${name} to be stopped` },
  );
}

/** A driver may name the address that it was given, with a password in it. */
function withoutSecrets({ connector, tasks, ...status }: ConnectorStatus): ConnectorStatus {
  const shown = <T extends { readonly trace?: string }>(part: T): T =>
    part.trace === undefined ? part : { ...part, trace: redacted('', part.trace) };
  return { ...status, connector: shown(connector), tasks: tasks.map(shown) };
}

/** The first failure of a connector or of one of its tasks. */
export function failureOf(status: ConnectorStatus): { error: string; trace: string } | undefined {
  for (const part of [status.connector, ...status.tasks])
    if (part.state === 'FAILED') {
      const trace = part.trace ?? 'no trace';
      return { error: rootCause(trace), trace };
    }
  return undefined;
}

/** The last `Caused by:` of a Java stack trace says what really happened; its first line if there is none. */
export function rootCause(trace: string): string {
  const lines = trace.split('\n').map((line) => line.trim());
  const causes = lines.filter((line) => line.startsWith('Caused by:'));
  return (causes.at(-1)?.slice('Caused by:'.length) ?? lines[0] ?? '').trim();
}

/** The part of Connect's answer that matters here. */
interface Validation {
  readonly configs?: readonly { readonly value: { readonly name: string; readonly errors: readonly string[] } }[];
}

function connectMessage(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text;
  }
}
