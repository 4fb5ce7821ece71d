import { type Between, PEERS } from '#model/network.ts';
import type { End } from '#model/stack.ts';

/** Those of a network, which have to be told between which two. */
const NETWORK_FAULTS = ['network-cut', 'network-slow'] as const;
type NetworkFaultName = (typeof NETWORK_FAULTS)[number];

/** Those of a schema registry. */
const REGISTRY_FAULTS = [
  'kill-registry',
  'empty-registry',
  'slow-registry',
  'refuse-registry',
  'refuse-schema',
] as const;
type RegistryFaultName = (typeof REGISTRY_FAULTS)[number];

/** What a registry may answer in place of what it is asked for. */
const REFUSALS = [409, 422, 500, 503] as const;

/** Names of the faults that a pipeline file may ask for. */
export const FAULT_NAMES = [
  'none',
  'restart-connector',
  'pause-consumers',
  'crash-consumers',
  'truncate',
  'pass-retention',
  'snapshot-again',
  'purge-binlog',
  'lose-history',
  'narrow-row-image',
  'clean-up-changes',
  'kill-broker',
  'move-leaders',
  'stop-brokers',
  'kill-worker',
  'zombie-worker',
  ...NETWORK_FAULTS,
  ...REGISTRY_FAULTS,
] as const;

export type FaultName = (typeof FAULT_NAMES)[number];

const text = { type: 'string', minLength: 1 } as const;

/** An entry under `faults`. */
export const fault = {
  oneOf: [
    { enum: FAULT_NAMES },
    {
      type: 'object',
      additionalProperties: false,
      required: ['fault'],
      properties: {
        fault: { enum: FAULT_NAMES },
        table: { description: 'For truncate: the source table.', ...text },
        group: {
          description:
            "For kill-worker and zombie-worker: the source connector's workers, or those of sink connectors. For kill-registry and empty-registry: whose schemas are asked for again. Default: source.",
          enum: ['source', 'sink'],
        },
        records: {
          description: 'For restart-connector and pass-retention: how many at least.',
          type: 'integer',
          minimum: 1,
          maximum: 100_000,
        },
        operations: {
          description:
            'For purge-binlog, lose-history, narrow-row-image and clean-up-changes: how many operations it must harm. Default: 100.',
          type: 'integer',
          minimum: 1,
          maximum: 100_000,
        },
        between: {
          description:
            'For network-cut and network-slow: the two between which it is. consumer is whatever fills sinks, sink connectors included.',
          type: 'array',
          items: { enum: PEERS },
          minItems: 2,
          maxItems: 2,
        },
        one_way: {
          description:
            'For network-cut and network-slow: only what flows from the first to the second. Default: both ways.',
          type: 'boolean',
        },
        reset: {
          description:
            'For network-cut: connections are reset. Default: they stand, and what is sent arrives once the network heals.',
          type: 'boolean',
        },
        latency_ms: {
          description:
            'For network-slow and slow-registry: how much later everything arrives, each way. Default: 100, or 0 with bytes_per_second.',
          type: 'integer',
          minimum: 1,
          maximum: 60_000,
        },
        jitter_ms: {
          description: 'For network-slow: how much later still at most, at random. Default: 0.',
          type: 'integer',
          minimum: 1,
          maximum: 60_000,
        },
        bytes_per_second: {
          description:
            'For network-slow: how much goes through at most, each way and over each connection. Default: all.',
          type: 'integer',
          minimum: 100,
          maximum: 1_000_000_000,
        },
        attended: {
          description:
            'For kill-registry, refuse-registry and refuse-schema: a task that has failed is started again when the fault is over, as autoRestart does. Default: false.',
          type: 'boolean',
        },
        status: {
          description: 'For refuse-registry: the HTTP status of its answers. Default: 503.',
          enum: [...REFUSALS],
        },
      },
    },
  ],
} as const;

export type PlainFaultName = Exclude<FaultName, NetworkFaultName | RegistryFaultName>;

export interface PlainFaultEntry {
  readonly fault: PlainFaultName;
  readonly table?: string;
  readonly records?: number;
  readonly operations?: number;
  readonly group?: End;
}

export interface NetworkFaultEntry {
  readonly fault: NetworkFaultName;
  readonly between?: Between;
  readonly one_way?: boolean;
  readonly reset?: boolean;
  readonly latency_ms?: number;
  readonly jitter_ms?: number;
  readonly bytes_per_second?: number;
}

export interface RegistryFaultEntry {
  readonly fault: RegistryFaultName;
  readonly group?: End;
  readonly attended?: boolean;
  readonly status?: (typeof REFUSALS)[number];
  readonly latency_ms?: number;
}

export type FaultEntry = PlainFaultEntry | NetworkFaultEntry | RegistryFaultEntry;

export function isNetworkFault(entry: FaultEntry): entry is NetworkFaultEntry {
  return NETWORK_FAULTS.some((name) => name === entry.fault);
}

export function isRegistryFault(entry: FaultEntry): entry is RegistryFaultEntry {
  return REGISTRY_FAULTS.some((name) => name === entry.fault);
}
