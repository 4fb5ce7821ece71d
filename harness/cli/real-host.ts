import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { WORK } from '#setup/layout.mjs';
import { isInteractive, lineView, paintFor } from '#tui/view.ts';
import type { Host } from './host.ts';

/** The world as it is. Scenarios and engine are loaded when they are asked for: `--help` needs neither. */
export function realHost(): Host {
  const { stdout, stderr, env } = process;
  return {
    stdout,
    stderr,
    env,
    reports: join(WORK, 'reports'),
    cwd: process.cwd(),
    process,
    exit: (status) => process.exit(status),
    now: () => new Date(),
    // Short enough to be typed.
    randomSeed: () => randomInt(1_000_000),
    async openView() {
      const paint = paintFor(stdout, env);
      if (!isInteractive(stdout, env)) return lineView(stdout, paint);
      const { liveView } = await import('#tui/live.ts');
      return liveView(stdout, paint);
    },
    ...(process.stdin.isTTY && stdout.isTTY ? { ask } : {}),
    loadScenarios: async () => (await import('../../scenarios/index.ts')).scenarios,
    loadEngine: async () => (await import('#engine/run.ts')).runScenario,
  };
}

async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}
