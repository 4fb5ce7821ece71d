import type { LabFault } from '#contracts/lab-fault.ts';
import type { LabAlert, LabPhase, LabWriters } from '#contracts/lab-report.ts';
import type { Cause } from './cause.ts';
import { HOPS, hopId } from './network.ts';
import type { RunEvent } from './run-event.ts';

/** Port on 127.0.0.1 unless `DRIFTLAB_PORT` says otherwise. */
export const LAB_PORT = 8089;

/** The five failure modes by the words people type: `trigger-restart`, `POST /api/v1/faults/restart`. */
export const LAB_MODES = ['restart', 'lag', 'schema', 'duplicate', 'backfill'] as const;
export type LabMode = (typeof LAB_MODES)[number];

/** What breaks a capture of one kind, and so only a lab whose source has it: a binary log, or tables of captured changes. */
const SOURCE_MODES = ['binlog', 'history', 'row-image', 'cleanup', 'gap'] as const;

/** What breaks a cluster, and so only a lab that has several brokers, or several workers in each group. */
const CLUSTER_MODES = ['broker', 'unclean', 'worker', 'zombie'] as const;

/** What a network does between two peers: `trigger-network --between source,connect`, `POST /api/v1/faults/source-connect`. */
const NETWORK_MODES: readonly string[] = HOPS.map(hopId);

/** What a schema registry does, by the words people type (`trigger-registry --step emptied`), with the mode that has the step. */
export const REGISTRY_STEPS = {
  killed: 'registry-killed',
  'killed-consumers': 'registry-killed-consumers',
  'killed-left': 'registry-killed',
  emptied: 'registry-emptied',
  renumbered: 'registry-renumbered',
  slow: 'registry-slow',
  incompatible: 'registry-refuses',
  invalid: 'registry-refuses',
  failing: 'registry-refuses',
  'incompatible-left': 'registry-refuses',
} as const;

/** What breaks a schema registry, and so only a lab that has one. */
const REGISTRY_MODES: readonly string[] = [...new Set(Object.values(REGISTRY_STEPS))];

/** Every mode that a lab may have. */
export const ALL_MODES = [
  ...LAB_MODES,
  ...SOURCE_MODES,
  ...CLUSTER_MODES,
  ...NETWORK_MODES,
  ...REGISTRY_MODES,
] as const;

/**
 * One message of `GET /api/v1/events`: `id` is its number, `event` its type, `data` itself as JSON. The run's own
 * events come as the history has them (`sample` and `check` about once a second each); the mode is `lab`, the step of a
 * fault its id. A reader that comes with `Last-Event-ID` gets what it has missed, as far as the lab remembers.
 */
export type LabEvent =
  | RunEvent
  | { readonly at: number; readonly type: 'lab-fault'; readonly fault: LabFault }
  | { readonly at: number; readonly type: 'lab-alert'; readonly alert: LabAlert }
  /** The causes of what a variant shows are other ones than before; none where nothing is wrong any more. */
  | {
      readonly at: number;
      readonly type: 'lab-causes';
      readonly variant: string;
      readonly causes: readonly Cause[];
    }
  | { readonly at: number; readonly type: 'lab-writers'; readonly writers: LabWriters }
  | { readonly at: number; readonly type: 'lab-phase'; readonly phase: LabPhase };
