import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '#setup/layout.mjs';
import { identify, isAlive, type ProcessIdentity } from '#std/process-table.ts';
import { until } from '#std/wait.ts';
import { readManifest, sweep } from './lab-folder.ts';

const LABS = join(ROOT, '.lab');

interface Owner {
  readonly child: ChildProcess;
  /** The servers it has started. */
  readonly servers: readonly ProcessIdentity[];
  /** The lab's folder, and the folders outside of it. */
  readonly folders: readonly string[];
}

async function startOwner(): Promise<Owner> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'fixtures', 'owner.ts')], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data', { signal: AbortSignal.timeout(30_000) });
  const servers = (JSON.parse(String(line)) as number[]).flatMap((pid) => identify(pid) ?? []);
  const lab = readdirSync(LABS).find((id) => manifestOf(id)?.owner.pid === child.pid);
  if (lab === undefined) throw new Error('the owner has no lab');
  return { child, servers, folders: [join(LABS, lab), ...(manifestOf(lab)?.folders ?? [])] };
}

function manifestOf(lab: string) {
  try {
    return readManifest(readFileSync(join(LABS, lab, 'manifest.json'), 'utf8'));
  } catch {
    return undefined;
  }
}

async function end(owner: Owner, signal: NodeJS.Signals): Promise<void> {
  const exit = once(owner.child, 'exit', { signal: AbortSignal.timeout(30_000) });
  owner.child.kill(signal);
  await exit;
}

test('what an owner killed with SIGKILL leaves is gone after the next sweep', async () => {
  const owner = await startOwner();
  expect(owner.servers.length).toBeGreaterThan(3);
  await end(owner, 'SIGKILL');
  expect(owner.servers.every(isAlive)).toBe(true);
  expect(owner.folders.every((folder) => existsSync(folder))).toBe(true);

  const swept = sweep();

  expect(swept.labs).toBeGreaterThanOrEqual(1);
  expect(owner.servers.filter(isAlive)).toEqual([]);
  expect(owner.folders.filter((folder) => existsSync(folder))).toEqual([]);
});

test.for(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('an owner ended by %s leaves nothing', async (signal) => {
  const owner = await startOwner();
  await end(owner, signal);
  expect(owner.child.signalCode).toBe(signal);
  await until(() => !owner.servers.some(isAlive), { what: 'the servers to end', limitMs: 1000 });
  expect(owner.folders.filter((folder) => existsSync(folder))).toEqual([]);
});
