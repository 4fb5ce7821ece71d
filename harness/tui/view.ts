import type { RunEvent } from '#model/run-event.ts';
import type { Paint } from '#report/text.ts';
import { colours, plain } from '#report/text.ts';
import { visibleIn, visibleLines } from '#std/visible.ts';
import { lineReporter } from './lines.ts';

/** Shows a run while it goes on. */
export interface View {
  show(event: RunEvent): void;
  /** A word that belongs to no run event: "stopping". */
  say(text: string): void;
  /** Resolves when everything is on the terminal, and the terminal is as it was. */
  close(): Promise<void>;
}

/** What is needed of `process.stdout`. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  hasColors?(env?: object): boolean;
  write(text: string): unknown;
}

/** Plain lines: for pipes, files, CI. */
export function lineView(output: Output, paint: Paint): View {
  const report = lineReporter(paint);
  return {
    show(event) {
      for (const line of report(visibleIn(event))) output.write(`${line}\n`);
    },
    say: (text) => void output.write(`${visibleLines(text)}\n`),
    close: () => Promise.resolve(),
  };
}

/** Whether a view that draws in place makes sense: a real terminal, and nobody's log. */
export function isInteractive(output: Output, env: NodeJS.ProcessEnv): boolean {
  return output.isTTY === true && !isSet(env.CI) && env.TERM !== 'dumb';
}

/** Colours on a terminal that has them, unless NO_COLOR is set; elsewhere only where FORCE_COLOR asks for them. */
export function paintFor(output: Output, env: NodeJS.ProcessEnv): Paint {
  if (isSet(env.NO_COLOR)) return plain;
  if (isSet(env.FORCE_COLOR)) return colours;
  return output.isTTY === true && (output.hasColors?.(env) ?? false) ? colours : plain;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false';
}
