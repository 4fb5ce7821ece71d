import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { colours } from '#report/text.ts';
import { WORK } from '#setup/layout.mjs';
import { safeOutput } from '#std/visible.ts';
import { isInteractive, lineView, type Output, paintFor } from '#tui/view.ts';
import type { Host } from './host.ts';

/** The world as it is. Scenarios and engine are loaded when they are asked for: `--help` needs neither. */
export function realHost(): Host {
  const { stdout, stderr, env } = process;
  const paint = paintFor(stdout, env);
  // The one place through which every command writes: whatever reaches it, only our own colours act on the terminal.
  const safe: Output = {
    isTTY: stdout.isTTY,
    get columns() {
      return stdout.columns;
    },
    hasColors: (of) => stdout.hasColors?.(of) ?? false,
    write: (text) => stdout.write(safeOutput(text, paint === colours)),
  };
  return {
    stdout: safe,
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
      if (!isInteractive(stdout, env)) return lineView(safe, paint);
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
