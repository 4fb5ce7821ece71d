import type { runScenario } from '#engine/run.ts';

/** The engine, as the command line sees it. */
export type RunScenario = typeof runScenario;
export type { RunOptions, RunResult } from '#engine/run.ts';
