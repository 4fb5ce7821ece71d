import type { LabFault, LabFaultRequest } from '#contracts/lab-fault.ts';
import type { Expectation, FailureMode, Scenario, Step } from '#model/scenario.ts';
import { OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';

/** How long a fault that lasts is kept up, where nobody says. */
const HOLD_SECONDS = 10;

/** Whether the live lab has a mode: one of its steps says how it is injected by hand. */
export function isLive({ steps }: Pick<FailureMode, 'steps'>): boolean {
  return steps.some(({ live }) => live !== undefined);
}

/** A fault that was asked for, ready to be injected. */
export interface PlannedFault {
  readonly mode: LabFault['mode'];
  readonly step: Step;
  readonly holdMs: number;
}

/**
 * What a request for a fault means in the scenario's own words. `times` says how often each step has been injected.
 * Throws an OperatorError for a mode or step that is not there, and for a parameter that the step does not take.
 */
export function planFault(
  scenario: Scenario,
  mode: string,
  request: LabFaultRequest,
  times: (mode: string, step: string) => number,
): PlannedFault {
  const found = modeOf(scenario, mode);
  const step = stepOf(found, request.step);
  for (const name of ['seconds', 'rows'] as const) {
    if (request[name] === undefined || (step.live?.takes.includes(name) ?? false)) continue;
    const takes = step.live?.takes ?? [];
    throw new OperatorError({
      code: 'wrong-parameter',
      message: `the step ${step.id} of ${mode} takes no ${name}`,
      expected: takes.length === 0 ? 'no parameter other than the step' : takes.join(', '),
      found: `${name} ${request[name]}`,
    });
  }
  const { rows } = request;
  const wish = { time: times(mode, step.id) + 1, ...(rows === undefined ? {} : { rows }) };
  const fault = step.live?.fault?.(wish) ?? step.fault;
  return {
    mode: found.id,
    step: { ...step, fault },
    holdMs: Math.round((request.seconds ?? HOLD_SECONDS) * 1000),
  };
}

/** Throws an OperatorError (`unknown-mode`) for one that the scenario does not have. */
export function modeOf(scenario: Scenario, mode: string): FailureMode {
  const found = scenario.modes.find(({ id }) => id === mode);
  if (found !== undefined) return found;
  throw unknown(
    'mode',
    mode,
    scenario.modes.map(({ id }) => id),
  );
}

function stepOf(mode: FailureMode, wanted: string | undefined): Step {
  const step = wanted === undefined ? mode.steps[0] : mode.steps.find(({ id }) => id === wanted);
  if (step !== undefined) return step;
  throw unknown(
    `step of ${mode.id}`,
    wanted ?? '',
    mode.steps.map(({ id }) => id),
  );
}

function unknown(what: string, word: string, known: readonly string[]): OperatorError {
  const near = nearest(word, known);
  return new OperatorError({
    code: `unknown-${what.split(' ')[0]}`,
    message: `there is no ${what} "${word}"`,
    expected: `one of ${known.join(', ')}`,
    found: word,
    ...(near.length === 0 ? {} : { hint: `did you mean ${near.join(' or ')}?` }),
  });
}

function watchWord(expected: Expectation): string {
  if (expected.kind === 'converges') return 'converges';
  return expected.must.length > 0 ? `shows ${expected.must.join(' and ')}` : `may show ${expected.may.join(', ')}`;
}

/** What to watch for, from what the step expects: `insert shows duplicate; upsert, dedup converge`. */
export function watchFor(step: Step, variants: readonly string[]): string {
  const groups = new Map<string, string[]>();
  for (const variant of variants) {
    const expected = step.expect[variant];
    if (expected === undefined) continue;
    const word = watchWord(expected);
    groups.set(word, [...(groups.get(word) ?? []), variant]);
  }
  return [...groups]
    .map(([word, names]) => `${names.join(', ')} ${names.length === 1 ? word : word.replace(/^(\w+)s\b/, '$1')}`)
    .join('; ');
}
