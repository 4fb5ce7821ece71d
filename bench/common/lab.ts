import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '#setup/layout.mjs';
import { freePorts } from '#std/free-port.ts';

/** A live lab beside whatever else runs, with a folder and a port of its own. */
export interface BenchLab extends AsyncDisposable {
  readonly env: NodeJS.ProcessEnv;
  /** Runs a command of `driftlab` on it: what it says. */
  driftlab(...args: readonly string[]): Promise<string>;
}

const ENDS = ['SIGINT', 'SIGTERM'] as const;

/** Starts nothing yet; disposing ends and removes whatever was started. */
export async function openBenchLab(): Promise<BenchLab> {
  const [port] = await freePorts(1);
  const folder = mkdtempSync(join(tmpdir(), 'driftlab-bench-lab-'));
  const env = { ...process.env, DRIFTLAB_PORT: String(port), DRIFTLAB_HOME: folder };
  const driftlab: BenchLab['driftlab'] = async (...args) =>
    (await promisify(execFile)(process.execPath, [join(ROOT, 'bin', 'driftlab.mjs'), ...args], { env })).stdout;
  const clean = async (): Promise<void> => {
    await driftlab('clean');
    rmSync(folder, { recursive: true, force: true });
  };
  // The lab is in the background: it would outlive a benchmark that is interrupted.
  const interrupted = (): void => void clean().finally(() => process.exit(130));
  for (const signal of ENDS) process.once(signal, interrupted);
  return {
    env,
    driftlab,
    async [Symbol.asyncDispose]() {
      for (const signal of ENDS) process.off(signal, interrupted);
      await clean();
    },
  };
}
