import type { LabFault } from '#contracts/lab-fault.ts';
import type { LabAlert, LabPhase, LabWriters } from '#contracts/lab-report.ts';
import type { Cause } from './cause.ts';
import type { RunEvent } from './run-event.ts';

/** Port on 127.0.0.1 unless `DRIFTLAB_PORT` says otherwise. */
export const LAB_PORT = 8089;

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
