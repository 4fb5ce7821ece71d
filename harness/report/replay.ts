import type { RunEvent } from '#model/run-event.ts';

type RunStarted = Extract<RunEvent, { readonly type: 'run-started' }>;

/**
 * The command that runs the same again, from what the run says of itself. It names every mode, as the history does not
 * tell whether they were chosen or all there are, but no variants, since modes may add some of their own.
 */
export function replayCommand(run: Pick<RunStarted, 'scenario' | 'seed' | 'rate' | 'holdMs' | 'modes'>): string {
  return [
    `npm run scenario -- ${run.scenario}`,
    `--seed ${run.seed}`,
    `--rate ${run.rate}`,
    `--hold ${run.holdMs / 1000}`,
    `--only ${run.modes.map(({ id }) => id).join(',')}`,
  ].join(' ');
}
