import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { markFolder } from '#setup/own-folder.mjs';
import { identify } from '#std/process-table.ts';
import { clearDamaged } from './damaged-labs.ts';
import { openLab, sharedMemoryId, sweep } from './lab-folder.ts';
import { readManifest } from './manifest.ts';

test('a manifest that was cut off in the middle is no manifest', () => {
  const whole = JSON.stringify({ owner: { pid: 2, started: 'x' }, children: [], folders: ['/tmp/a'] });
  expect(readManifest(whole)).toEqual({ owner: { pid: 2, started: 'x' }, children: [], folders: ['/tmp/a'] });
  expect(readManifest(whole.slice(0, -3))).toBeUndefined();
  expect(readManifest('{}')).toBeUndefined();
});

test('the id of the shared memory segment is the second number of the seventh line', () => {
  const text = '4711\n/data\n1763717000\n20543\n\n127.0.0.1\n 55836793     32769\nready   \n';
  expect(sharedMemoryId(text)).toBe('32769');
  expect(sharedMemoryId(text.split('\n').slice(0, 6).join('\n'))).toBeUndefined();
});

test('a lab whose owner lives is not swept, and destroying it twice is harmless', () => {
  const labs = mkdtempSync(join(tmpdir(), 'driftlab-test-'));
  const lab = openLab(labs);
  const extra = mkdtempSync(join(tmpdir(), 'driftlab-test-extra-'));
  lab.addFolder(extra);
  expect(sweep(labs)).toEqual({ labs: 0, processes: 0, foreign: [], unreachable: [] });
  expect(readdirSync(labs)).toEqual([lab.id]);
  lab.destroy();
  lab.destroy();
  expect(readdirSync(labs)).toEqual([]);
  expect(() => readdirSync(extra)).toThrow(/ENOENT/);
  rmSync(labs, { recursive: true });
});

test('sweeping where no lab ever ran finds nothing', () => {
  expect(sweep(join(tmpdir(), 'driftlab-never'))).toEqual({ labs: 0, processes: 0, foreign: [], unreachable: [] });
});

/** A lab whose owner is gone, as SIGKILL leaves it. */
function leaveLab(labs: string, manifest: unknown, id = '20260105090807-abcdef'): string {
  const path = join(labs, id);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'manifest.json'), typeof manifest === 'string' ? manifest : JSON.stringify(manifest));
  return path;
}

const gone = { pid: 4_000_000, started: 'boot-gone/1' };

describe('what a lab left that was killed', () => {
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'driftlab-test-')));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const labs = () => join(folder, 'labs');
  const made = (...path: string[]) => {
    const made = join(folder, ...path);
    mkdirSync(made, { recursive: true });
    writeFileSync(join(made, 'file'), 'data');
    return made;
  };

  test('goes with the folders that are marked as its own; folders that it merely names stay, and are told', () => {
    const own = made('own');
    const id = '20260105090807-abcdef';
    markFolder(own, { kind: 'lab', owner: id });
    const another = made('another');
    markFolder(another, { kind: 'lab', owner: '20260105090807-fedcba' });
    const home = made('home');
    markFolder(home, { kind: 'home' });
    symlinkSync(another, join(folder, 'link'));
    const foreign = [another, home, made('thesis'), join(folder, 'link'), `${folder}/labs/../thesis`, '/'];
    leaveLab(labs(), { owner: gone, children: [], folders: [own, ...foreign, join(folder, 'not-there')] });
    expect(sweep(labs())).toEqual({ labs: 1, processes: 0, foreign, unreachable: [] });
    expect(readdirSync(folder).sort()).toEqual(['another', 'home', 'labs', 'link', 'thesis']);
    expect(readdirSync(labs())).toEqual([]);
    for (const one of [another, home, join(folder, 'thesis')]) expect(existsSync(join(one, 'file'))).toBe(true);
  });

  test('is nothing of the lab where it has another name, or is a link', () => {
    const manifest = { owner: gone, children: [], folders: [] };
    leaveLab(labs(), manifest, 'my-project');
    leaveLab(folder, manifest, 'elsewhere');
    symlinkSync(join(folder, 'elsewhere'), join(labs(), '20260105090807-abcdef'));
    expect(sweep(labs())).toEqual({ labs: 0, processes: 0, foreign: [], unreachable: [] });
    expect(existsSync(join(labs(), 'my-project', 'manifest.json'))).toBe(true);
    expect(existsSync(join(folder, 'elsewhere', 'manifest.json'))).toBe(true);
  });

  test.each([
    'null',
    '[]',
    '{}',
    '7',
    '"x"',
    '',
    '{"owner":null,"children":[]}',
    '{"owner":{"pid":-1,"started":"x"},"children":[]}',
    '{"owner":{"pid":4000000,"started":"x"},"children":[null]}',
    '{"owner":{"pid":4000000,"started":"x"},"children":[{"pid":4000001,"started":"x","name":"n","endSignal":"rm -r"}]}',
    '{"owner":{"pid":4000000,"started":"x"},"children":[],"folders":"/"}',
    '{"owner":{"pid":4000000,"started":"x"},"children":[],"folders":[7]}',
  ])('with the manifest %s is left by other commands, and removed by clean', (text) => {
    const path = leaveLab(labs(), text);
    expect(sweep(labs())).toEqual({ labs: 0, processes: 0, foreign: [], unreachable: [] });
    expect(existsSync(path)).toBe(true);
    expect(clearDamaged(labs())).toEqual([{ path, inUse: [] }]);
    expect(readdirSync(labs())).toEqual([]);
  });

  test.runIf(process.platform === 'linux')('is not removed while a process works in it', async () => {
    const path = leaveLab(labs(), 'null');
    const child = spawn('sleep', ['60'], { cwd: path, stdio: 'ignore' });
    const ended = once(child, 'exit');
    try {
      expect(clearDamaged(labs())).toEqual([{ path, inUse: [child.pid] }]);
      expect(existsSync(path)).toBe(true);
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
  });

  test.runIf(process.getuid?.() === 0)('of an older version, which put no mark there, goes with its database', () => {
    const database = mkdtempSync(join(tmpdir(), 'driftlab-source-'));
    mkdirSync(join(database, 'data'));
    writeFileSync(join(database, 'data', 'PG_VERSION'), '18\n');
    leaveLab(labs(), { owner: gone, children: [], folders: [database] });
    // As long as it is root's, it is no database of the lab's: PostgreSQL does not run as root.
    expect(sweep(labs()).foreign).toEqual([database]);
    chownSync(database, 65534, 65534);
    leaveLab(labs(), { owner: gone, children: [], folders: [database] });
    expect(sweep(labs())).toEqual({ labs: 1, processes: 0, foreign: [], unreachable: [] });
    expect(existsSync(database)).toBe(false);
  });
});

test('what has left the process tree of a killed run is ended by the next command, and nothing else is', async () => {
  const labs = mkdtempSync(join(tmpdir(), 'driftlab-test-'));
  const killed = openLab(labs);
  const living = openLab(labs);
  // As a program's grandchild after setsid: no parent of the lab's, no line in its manifest.
  const [left, other] = [killed, living].map((lab) => {
    const env = { ...process.env, [lab.mark.name]: lab.mark.value };
    return spawn('sleep', ['600'], { detached: true, stdio: 'ignore', env });
  });
  const manifest = join(killed.path, 'manifest.json');
  const text = readFileSync(manifest, 'utf8').replace(/"started":"[^"]*"/, '"started":"another boot/1"');
  writeFileSync(manifest, text);
  const exit = once(left as ChildProcess, 'exit');

  expect(sweep(labs)).toEqual({ labs: 1, processes: 1, foreign: [], unreachable: [] });

  expect((await exit)[1]).toBe('SIGKILL');
  expect(other?.exitCode).toBeNull();
  expect(identify(other?.pid ?? 0)).toBeDefined();
  living.destroy();
  killed.destroy();
  expect((await once(other as ChildProcess, 'exit'))[1]).toBe('SIGKILL');
  rmSync(labs, { recursive: true });
});
