import type { ConnectClient } from '#clients/connect.ts';
import { type Admin, committedOffsets } from '#clients/kafka.ts';
import { sinkConnectorGroup } from '#engines/postgres/connectors.ts';
import type { Database, Variant, VariantSpec } from '#model/pipeline.ts';
import { connectorStatus } from './capture.ts';

const CHANGE_LIMIT_MS = 60_000;

export interface ConnectSinkOptions {
  readonly name: string;
  readonly spec: VariantSpec;
  readonly connector: string;
  readonly config: Readonly<Record<string, string>>;
  readonly connect: ConnectClient;
  readonly admin: Admin;
  readonly topics: readonly string[];
  readonly sink: Database;
  readonly copyIn: Variant['copyIn'];
}

export interface DisposableVariant extends Variant, AsyncDisposable {}

/** A variant whose events a Kafka Connect sink connector applies. What it has applied, its group has committed. */
export async function startConnectSink(options: ConnectSinkOptions, signal: AbortSignal): Promise<DisposableVariant> {
  const { name, spec, connector, connect, admin, topics, sink } = options;
  const reach = (state: 'RUNNING' | 'PAUSED'): Promise<void> =>
    connect.awaitState(connector, state, { limitMs: CHANGE_LIMIT_MS, signal });
  await connect.put(connector, { ...options.config, ...spec.config }, signal);
  await reach('RUNNING');
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
    applied: () => committedOffsets(admin, sinkConnectorGroup(connector), topics),
    copyIn: options.copyIn,
    [Symbol.asyncDispose]: () => {
      deleted ??= connect.delete(connector).catch(() => {});
      return deleted;
    },
  };
}
