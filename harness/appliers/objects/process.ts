import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Programs } from '#model/stack.ts';
import { programFile } from '#setup/layout.mjs';
import { OperatorError } from '#std/errors.ts';
import { logTail } from '#std/log-tail.ts';
import { until } from '#std/wait.ts';
import { type ObjectsSettings, settingsVariable, WRITING } from './settings.ts';

export interface ObjectsProcessOptions {
  /** The variant's name, for errors. */
  readonly name: string;
  readonly programs: Programs;
  readonly settings: ObjectsSettings;
  /** File of its output; each process needs one of its own. */
  readonly log: string;
  readonly signal: AbortSignal;
}

/** An applier of objects as a process of its own. */
export interface ObjectsProcess {
  /** Why it has ended by itself, in its own words; undefined while it runs. */
  readonly failure: string | undefined;
  /** SIGKILL. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Has it write what it holds, and end; SIGKILL where it does not within a few seconds. Twice is harmless. */
  stop(): Promise<void>;
}

const START_LIMIT_MS = 60_000;

/** By the environment: a path may have any character in it. */
const RUN = 'exec "$OBJECTS_NODE" "$OBJECTS_PROGRAM"';

/** Starts it, and resolves once it reads. Throws an OperatorError (`applier-ended`) with its last words where it ends before. */
export async function startObjectsProcess(options: ObjectsProcessOptions): Promise<ObjectsProcess> {
  const { name, programs, settings, log, signal } = options;
  // What one of an earlier run has left there says nothing of this one.
  rmSync(log, { force: true });
  const program = programs.start({
    ...{ name, run: RUN, folder: dirname(log), restart: false, log },
    env: {
      OBJECTS_NODE: process.execPath,
      OBJECTS_PROGRAM: programFile('harness/appliers/objects/main'),
      ...settingsVariable(settings),
    },
  });
  const lines = (): readonly string[] => logTail(log).split('\n');
  const writes = (): boolean => lines().includes(WRITING);
  try {
    await until(() => program.ended !== undefined || writes(), {
      ...{ what: `the applier of ${name} to read its topics`, limitMs: START_LIMIT_MS, signal },
      saw: () => `its last words: ${lines().at(-1) || '(none)'}`,
    });
    if (!writes())
      throw new OperatorError({
        code: 'applier-ended',
        message: `the applier of ${name} ended with ${program.ended} before it had read anything`,
        expected: 'a process that reads its topics',
        found: lines().at(-1) || '(no output)',
        hint: `see ${log}`,
        exit: 1,
      });
  } catch (error) {
    await program.stop();
    throw error;
  }
  return {
    get failure() {
      if (program.ended === undefined) return undefined;
      const words = lines().findLast((line) => line !== WRITING && line !== '');
      return words ?? `it ended with ${program.ended}`;
    },
    async kill() {
      program.kill();
      await program.stop();
    },
    stop: () => program.stop(),
  };
}
