import type { ConnectClient } from '#clients/connect.ts';
import { type Admin, committedOffsets, forEver } from '#clients/kafka.ts';
import type { Database, Variant, VariantSpec } from '#model/pipeline.ts';
import type { Offsets } from '#model/position.ts';
import { OperatorError } from '#std/errors.ts';
import { connectorStatus } from './capture.ts';

const CHANGE_LIMIT_MS = 60_000;

export interface ConnectSinkOptions {
  readonly name: string;
  readonly spec: VariantSpec;
  readonly connector: string;
  readonly config: Readonly<Record<string, string>>;
  readonly connect: ConnectClient;
  readonly admin: Admin;
  readonly groupId: string;
  /** The topics that it reads. */
  readonly topics: readonly string[];
  /** Topics of the pipeline that it does not: for these it is as far as it will ever be. */
  readonly unread: readonly string[];
  readonly sink: Database;
  readonly copyIn: Variant['copyIn'];
  /** The pipeline is not demanded to be sound: that the connector's task fails is for the verdict to tell. */
  readonly observed: boolean;
}

export interface DisposableVariant extends Variant, AsyncDisposable {}

/** A variant whose events a Kafka Connect sink connector applies. What it has applied, its group has committed. */
export async function startConnectSink(options: ConnectSinkOptions, signal: AbortSignal): Promise<DisposableVariant> {
  const { name, spec, connector, connect, sink, observed } = options;
  const reach = (state: 'RUNNING' | 'PAUSED'): Promise<void> =>
    connect.awaitState(connector, state, { limitMs: CHANGE_LIMIT_MS, signal });
  await connect.put(connector, { ...options.config }, signal);
  // The log may hold records already, and a task that cannot write them has failed before anybody saw it run.
  await reach('RUNNING').catch((error: unknown) => {
    if (!observed || !(error instanceof OperatorError) || error.code !== 'connector-failed') throw error;
  });
  let deleted: Promise<void> | undefined;
  return {
    name,
    spec,
    sink,
    jumps: [],
    status: () => connectorStatus(connect, connector),
    async pause() {
      await connect.change(connector, 'pause', signal);
      await reach('PAUSED');
    },
    async resume() {
      await connect.change(connector, 'resume', signal);
      await reach('RUNNING');
    },
    restartFailed: () => connect.restartFailed(connector, { limitMs: CHANGE_LIMIT_MS, signal }),
    applied: () => appliedOf(options),
    copyIn: options.copyIn,
    [Symbol.asyncDispose]: () => {
      deleted ??= connect.delete(connector).catch(() => {});
      return deleted;
    },
  };
}

async function appliedOf({ admin, groupId, topics, unread }: ConnectSinkOptions): Promise<Offsets> {
  return new Map([...(await committedOffsets(admin, groupId, topics)), ...(await forEver(admin, unread))]);
}
