import type { Fault } from '#model/fault.ts';
import type { FailureMode } from '#model/scenario.ts';
import type { Capability, Stack } from '#model/stack.ts';

/** What each capability lets a fault do, as a sentence goes on behind "cannot". */
const IN_WORDS: Readonly<Partial<Record<Capability, string>>> = {
  kill: 'kill a node',
  pause: 'pause a consumer',
  restart: 'restart a node',
  'topic-config': 'change the configuration of topics',
  'source-ddl': "change the source's tables",
  'sink-write': 'write to a sink directly',
  network: 'cut or slow down the network',
};

/** What a source has or has not, and why nothing of it can be broken. */
const OF_SOURCE: readonly (readonly [Capability, string])[] = [
  ['binlog', 'the source has no binary log'],
  ['change-tables', 'the source keeps changes in its log alone, and cleans up none'],
  ['column-ddl', 'the lab changes no columns of captured tables of this engine'],
  ['source-settings', 'the server of the source is yours, and the lab changes neither its settings nor its log'],
];

/** What a stack is made of, and how it would be made of more. */
const OF_TOPOLOGY: readonly (readonly [Capability, string])[] = [
  ['broker-cluster', 'there is no cluster of brokers of which one may fail (--brokers 3 starts one)'],
  ['registry', 'records have no schemas in a registry (--format avro starts one)'],
  ['objects', 'there is no object store (the scenario objects starts one)'],
  ['worker-group', 'the Connect groups have one worker each (--workers 2 starts two)'],
];

type Able = Pick<Stack, 'runtime' | 'capabilities' | 'network'>;

/** Why a stack cannot bring a fault about: what it lacks of what the fault needs. Undefined where it lacks nothing. */
export function whyUnable(
  { needs, between }: Pick<Fault, 'needs' | 'between'>,
  { runtime, capabilities, network }: Able,
): string | undefined {
  // What the source is like lies in no runtime.
  for (const [need, why] of [...OF_SOURCE, ...OF_TOPOLOGY])
    if (needs.includes(need) && !capabilities.has(need)) return why;
  const lacking = needs.filter((need) => !capabilities.has(need)).map((need) => IN_WORDS[need] ?? need);
  if (lacking.length === 0) return between === undefined ? undefined : network?.whyNot(between);
  return `the runtime ${runtime} cannot ${lacking.join(', nor ')}`;
}

/** The same of a mode: of the first of its steps that cannot be, but for steps without which there is still something to run. */
export function whyModeUnable({ steps }: Pick<FailureMode, 'steps'>, stack: Able): string | undefined {
  for (const { fault, optional } of steps) {
    const why = optional === true ? undefined : whyUnable(fault, stack);
    if (why !== undefined) return why;
  }
  const reasons = steps.map(({ fault }) => whyUnable(fault, stack));
  return reasons.every((why) => why !== undefined) ? reasons[0] : undefined;
}

/** A mode without the optional steps that a stack cannot bring about, and those. */
export function ableSteps(
  mode: FailureMode,
  stack: Able,
): { readonly mode: FailureMode; readonly skipped: readonly { readonly step: string; readonly why: string }[] } {
  const skipped = mode.steps.flatMap(({ id, optional, fault }) => {
    const why = optional === true ? whyUnable(fault, stack) : undefined;
    return why === undefined ? [] : [{ step: id, why }];
  });
  const steps = mode.steps.filter(({ id }) => !skipped.some(({ step }) => step === id));
  return { mode: { ...mode, steps }, skipped };
}
