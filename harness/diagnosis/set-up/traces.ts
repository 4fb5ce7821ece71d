import type { ConnectSetUp, Place, SetUpFacts } from '#model/set-up.ts';

export type Side = 'source' | 'sink';

/** The groups of workers of the two connectors, which are often one. */
export const GROUPS = {
  source: ({ sourceConnect }: SetUpFacts) => sourceConnect,
  sink: ({ sinkConnect }: SetUpFacts) => sinkConnect,
} as const;

/** What a connector or a task of one says that has failed. */
interface Failure {
  /** `the connector`, or `task 0`. */
  readonly what: string;
  readonly trace: string;
  /** The last cause of the trace. */
  readonly reason: string;
}

/** A connector of which something has failed. */
export interface Failed {
  readonly side: Side;
  readonly place: Place;
  readonly read: ConnectSetUp;
  readonly failures: readonly Failure[];
}

/** What a group says of a connector or a task that failed. */
function failuresOf({ connector }: ConnectSetUp): readonly Failure[] {
  if (connector === undefined) return [];
  const tasks = connector.tasks.map((task) => ({ ...task, what: `task ${task.id}` }));
  return [{ ...connector, what: 'the connector' }, ...tasks]
    .filter(({ state }) => state === 'FAILED')
    .map(({ what, trace = 'no trace', reason = trace }) => ({ what, trace, reason }));
}

/** The connectors that have failed, as their workers report it: the source's first. */
export function failedConnectors(facts: SetUpFacts): readonly Failed[] {
  return (['source', 'sink'] as const).flatMap((side): Failed[] => {
    const group = GROUPS[side](facts);
    if (group === undefined || !('read' in group)) return [];
    const failures = failuresOf(group.read);
    return failures.length === 0 ? [] : [{ side, place: group.place, read: group.read, failures }];
  });
}

/** What was read of it: `GET http://connect:8083/connectors/shop/status: task 0 is FAILED: …`. */
export function evidenceOf({ place, read }: Failed, { what, trace }: Failure): string {
  return `GET ${place.where}/connectors/${read.name}/status: ${what} is FAILED: ${quotedTrace(trace)}`;
}

const TRACE_MAX = 1500;

/** What a trace says, without the places in the code: its messages, first and last. */
function quotedTrace(trace: string): string {
  const lines = trace.split('\n').map((line) => line.trim());
  const said = lines.filter((line) => line !== '' && !/^(at |\.\.\. \d+ more)/.test(line)).join(' ← ');
  return said.length <= TRACE_MAX ? said : `${said.slice(0, TRACE_MAX / 2)} … ${said.slice(-TRACE_MAX / 2)}`;
}
