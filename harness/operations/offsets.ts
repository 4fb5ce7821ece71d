import type { ConnectClient } from '#clients/connect.ts';
import { OperatorError } from '#std/errors.ts';
import { shown } from '#std/shown.ts';
import { connectorState } from './connectors.ts';
import { whileStopped } from './while-stopped.ts';

const VERSION = 1;

/** Where a connector is, as a file keeps it. */
export interface OffsetsFile {
  readonly version: typeof VERSION;
  readonly connector: string;
  readonly type: string;
  /** ISO 8601. */
  readonly exported_at: string;
  /** Of the Kafka cluster in which the connector was there. */
  readonly kafka_cluster_id?: string;
  /** As Connect has them: what a partition and an offset are is the connector's own affair. */
  readonly offsets: readonly { readonly partition: object; readonly offset: object }[];
}

/**
 * Reads where a connector is. One that runs may be further: what it has not committed yet is read again after an import. With `stop` it
 * is stopped meanwhile, and has committed all of it. Throws an
 * OperatorError (`no-offsets`) for one that has not committed anything yet.
 */
export async function exportOffsets(
  client: ConnectClient,
  name: string,
  { now, stop, signal }: { readonly now: Date; readonly stop: boolean; readonly signal: AbortSignal },
): Promise<OffsetsFile> {
  const { type } = await connectorState(client, name, signal);
  const read = () => client.offsets(name, signal);
  const offsets = stop ? await whileStopped(client, name, signal, read) : await read();
  if (offsets.length === 0)
    throw new OperatorError({
      code: 'no-offsets',
      message: `${name} has no offsets yet`,
      expected:
        "a connector that has committed where it is (every offset.flush.interval.ms of its workers', once it has sent something)",
      found: 'none',
      hint: 'export them with --stop: a connector that is stopped commits where it is',
      exit: 1,
    });
  const cluster = await client.clusterId(signal);
  return {
    ...{ version: VERSION, connector: name, type, exported_at: now.toISOString() },
    ...(cluster === undefined ? {} : { kafka_cluster_id: cluster }),
    offsets,
  };
}

/** Throws an OperatorError (`offsets-file`) for a text that no export has written. */
export function readOffsetsFile(text: string, file: string): OffsetsFile {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    throw wrongFile(file, 'no JSON');
  }
  if (!isOffsetsFile(found)) throw wrongFile(file, shown(found));
  return found;
}

function isOffsetsFile(found: unknown): found is OffsetsFile {
  const { version, connector, type, offsets } = (found ?? {}) as Partial<OffsetsFile>;
  const isEntry = (one: unknown): boolean => {
    const { partition, offset } = (one ?? {}) as { readonly partition?: unknown; readonly offset?: unknown };
    return typeof partition === 'object' && partition !== null && typeof offset === 'object' && offset !== null;
  };
  return (
    version === VERSION &&
    typeof connector === 'string' &&
    typeof type === 'string' &&
    Array.isArray(offsets) &&
    offsets.every(isEntry)
  );
}

function wrongFile(file: string, found: string): OperatorError {
  return new OperatorError({
    code: 'offsets-file',
    message: `${file} has no offsets`,
    expected: 'a file that driftlab connectors offsets export has written',
    found,
  });
}

/** Sets where a connector is, as a file has it: it is stopped for that, and runs again afterwards where it did. */
export async function importOffsets(
  client: ConnectClient,
  name: string,
  { file, signal }: { readonly file: OffsetsFile; readonly signal: AbortSignal },
): Promise<void> {
  await whileStopped(client, name, signal, () => client.setOffsets(name, file.offsets, signal));
}

/** Has a connector forget where it was: a source then begins anew, and a sink with what its topics still have. */
export async function resetOffsets(client: ConnectClient, name: string, signal: AbortSignal): Promise<void> {
  await connectorState(client, name, signal);
  await whileStopped(client, name, signal, () => client.resetOffsets(name, signal));
}
