import type { Scenario } from '#model/scenario.ts';
import type { Output, View } from '#tui/view.ts';
import type { InterruptOptions } from './interrupt.ts';
import type { RunScenario } from './run-options.ts';

/** The world outside a command: the real one in main.ts, a made-up one in tests. */
export interface Host {
  readonly stdout: Output;
  readonly stderr: Pick<Output, 'write'>;
  readonly env: NodeJS.ProcessEnv;
  /** Absolute folder that runs get their folders in, unless `--report-dir` says otherwise. */
  readonly reports: string;
  readonly cwd: string;
  readonly process: InterruptOptions['process'];
  readonly exit: InterruptOptions['exit'];
  readonly now: () => Date;
  readonly randomSeed: () => number;
  /** Opens what shows a run: in place on a terminal, lines elsewhere. */
  readonly openView: () => Promise<View>;
  /** Asks the person at the terminal; absent where there is none. */
  readonly ask?: (question: string) => Promise<string>;
  readonly loadScenarios: () => Promise<readonly Scenario[]>;
  readonly loadEngine: () => Promise<RunScenario>;
}
