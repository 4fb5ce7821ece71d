import type { RecoveredStep, RecoveryReport, RecoveryVerdict } from '#contracts/recovery.ts';
import { OperatorError } from '#std/errors.ts';
import type { RecoveryStep } from './step.ts';

export interface RunRecoveryOptions {
  /** The name of the recovery. */
  readonly recovery: string;
  /** False: each step is looked at, and nothing is done. */
  readonly apply: boolean;
  /** Steps that give something up are done as well. */
  readonly acceptLoss: boolean;
  /** Told of each step once it is over. */
  readonly onStep?: (step: RecoveredStep) => void;
  /** Compares both sides in the end. */
  readonly verdict?: () => Promise<RecoveryVerdict>;
  readonly signal: AbortSignal;
}

/**
 * Runs the steps of a recovery in their order: each looks before, is done, and looks again. Throws an OperatorError
 * (`recovery-without-effect`, exit 1) where a step was done and has not had its effect: those behind it are not begun.
 */
export async function runRecovery(
  steps: readonly RecoveryStep[],
  options: RunRecoveryOptions,
): Promise<RecoveryReport> {
  const { recovery, apply, onStep, verdict, signal } = options;
  const over: RecoveredStep[] = [];
  for (const step of steps) {
    signal.throwIfAborted();
    const one = await runStep(step, options);
    over.push(one);
    onStep?.(one);
  }
  const isWanted = over.some(({ outcome }) => outcome !== 'none');
  return {
    ...{ recovery, applied: apply, steps: over },
    ...(verdict === undefined || !(apply || !isWanted) ? {} : { verdict: await verdict() }),
  };
}

async function runStep(
  step: RecoveryStep,
  { apply, acceptLoss }: Pick<RunRecoveryOptions, 'apply' | 'acceptLoss'>,
): Promise<RecoveredStep> {
  const { id, title, at } = step;
  const { saw, run, loses, apply: doIt } = await step.look();
  const found = { id, title, at, before: saw, run, ...(loses === undefined ? {} : { loses }) };
  if (doIt === undefined) return { ...found, outcome: 'none' };
  if (!apply) return { ...found, outcome: 'planned' };
  if (loses !== undefined && !acceptLoss) return { ...found, outcome: 'refused' };
  await doIt();
  const after = await step.holds();
  if (after.holds) return { ...found, outcome: 'done', after: after.saw };
  throw new OperatorError({
    code: 'recovery-without-effect',
    message: `${title}: it was done, and has not had its effect`,
    expected: `${at}: nothing left to do`,
    found: after.saw,
    hint: 'driftlab diagnose says what is wrong first',
    exit: 1,
  });
}
