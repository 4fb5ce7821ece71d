import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, test } from 'vitest';
import { ROOT } from '#setup/layout.mjs';
import { identify, isAlive, type ProcessIdentity } from '#std/process-table.ts';
import { sweep } from './lab-folder.ts';
import { readManifest } from './manifest.ts';

// Their own: a command that runs beside this would sweep the labs of the project.
const LABS = mkdtempSync(join(tmpdir(), 'driftlab-labs-'));
afterAll(() => rmSync(LABS, { recursive: true, force: true }));

interface Owner {
  readonly child: ChildProcess;
  /** All processes of the server it has started; some of them may be ending. */
  readonly servers: readonly ProcessIdentity[];
  /** The lab's folder, and the folders outside of it. */
  readonly folders: readonly string[];
}

async function startOwner(): Promise<Owner> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'fixtures', 'owner.ts')], {
    cwd: ROOT,
    env: { ...process.env, DRIFTLAB_LABS: LABS },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value: line } = await lines.next();
  const servers = (JSON.parse(line ?? '[]') as number[]).flatMap((pid) => identify(pid) ?? []);
  const lab = readdirSync(LABS).find((id) => {
    const owner = manifestOf(id)?.owner;
    return owner !== undefined && owner.pid === child.pid && isAlive(owner);
  });
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
  const exit = once(owner.child, 'exit');
  owner.child.kill(signal);
  await exit;
}

test('what an owner killed with SIGKILL leaves is gone after the next sweep', async () => {
  const owner = await startOwner();
  await end(owner, 'SIGKILL');
  // Not each of them: the backend that was asked whether the server answers may still have been there.
  expect(owner.servers.filter(isAlive).length).toBeGreaterThan(3);
  expect(owner.folders.every((folder) => existsSync(folder))).toBe(true);

  const swept = sweep(LABS);

  expect(swept.labs).toBe(1);
  expect(owner.servers.filter(isAlive)).toEqual([]);
  expect(owner.folders.filter((folder) => existsSync(folder))).toEqual([]);
});

test.for(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('an owner ended by %s leaves nothing', async (signal) => {
  const owner = await startOwner();
  await end(owner, signal);
  expect(owner.child.signalCode).toBe(signal);
  expect(owner.servers.filter(isAlive)).toEqual([]);
  expect(owner.folders.filter((folder) => existsSync(folder))).toEqual([]);
});
