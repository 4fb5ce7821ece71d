import type { RunEvent } from '#model/run-event.ts';
import type { ModeReport } from './report.ts';

type RunStarted = Extract<RunEvent, { readonly type: 'run-started' }>;

/**
 * The command that runs the same again, from what the run says of itself. It names every mode, as the history does not
 * tell whether they were chosen or all there are, but no variants, since modes may add some of their own.
 */
export function replayCommand(run: Pick<RunStarted, 'scenario' | 'seed' | 'rate' | 'holdMs' | 'modes'>): string {
  return [
    `npx driftlab scenario ${run.scenario}`,
    `--seed ${run.seed}`,
    `--rate ${run.rate}`,
    `--hold ${run.holdMs / 1000}`,
    `--only ${run.modes.map(({ id }) => id).join(',')}`,
  ].join(' ');
}

/**
 * The command with `--at-op` for the steps whose moment the seed alone does not decide: all behind the first of a mode,
 * because a step before them may last longer or shorter. What it says of that already is left as it is.
 */
export function exactReplay(command: string, modes: readonly Pick<ModeReport, 'id' | 'steps'>[]): string {
  if (command.includes('--at-op')) return command;
  const moments = modes.flatMap(({ id, steps }) =>
    steps
      .slice(1)
      .flatMap((step) => (step.fault.operation === undefined ? [] : [`${id}/${step.id}=${step.fault.operation}`])),
  );
  return moments.length === 0 ? command : `${command} --at-op ${moments.join(',')}`;
}
