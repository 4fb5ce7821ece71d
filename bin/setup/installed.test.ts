import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { installNode, nodePackage, pinnedNode } from './installed.mjs';
import { giveWay, MARKER, markFolder } from './own-folder.mjs';

let folder: string;
let node: string;
/** The program that npm would have fetched. */
const program = (): string => join(node, 'node_modules', nodePackage(), 'bin', 'node');

/** A machine whose npm puts a program where the package has it, and says nothing. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-installed-'));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const made = `node_modules/${nodePackage()}/bin`;
  const npm = `#!/bin/sh\n[ -e ${join(folder, 'offline')} ] && exit 1\nmkdir -p ${made} && echo program > ${made}/node\n`;
  writeFileSync(join(bin, 'npm'), npm, { mode: 0o755 });
  vi.stubEnv('PATH', `${bin}${delimiter}${process.env.PATH}`);
  vi.stubEnv('DRIFTLAB_CACHE', join(folder, 'cache'));
  node = join(folder, 'cache', `node-${pinnedNode()}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test('Node.js comes into the cache, marked, and nothing else stays there', async () => {
  await installNode();
  expect(readFileSync(program(), 'utf8')).toBe('program\n');
  expect(existsSync(join(node, MARKER))).toBe(true);
  expect(readdirSync(join(folder, 'cache'))).toEqual([`node-${pinnedNode()}`]);
});

test("a folder of Driftlab's own gives way to it, also what a set-up that was killed has left", async () => {
  for (const one of [node, `${node}.build`]) {
    markFolder(one, { kind: 'cache' });
    writeFileSync(join(one, 'half'), '');
  }
  await installNode();
  expect(existsSync(program())).toBe(true);
  expect(existsSync(join(node, 'half'))).toBe(false);
});

test('what is not its own is told, and stays, whichever of the two places it is in', async () => {
  for (const place of [node, `${node}.build`]) {
    mkdirSync(join(place, 'node_modules'), { recursive: true });
    writeFileSync(join(place, 'thesis.txt'), 'years of work');
    await expect(installNode()).rejects.toMatchObject({ message: `${place} is in the way, and is not Driftlab's` });
    expect(readFileSync(join(place, 'thesis.txt'), 'utf8')).toBe('years of work');
    rmSync(place, { recursive: true });
  }
});

test('where nothing can be fetched, it says so and leaves nothing', async () => {
  writeFileSync(join(folder, 'offline'), '');
  await expect(installNode()).rejects.toThrow(/could not be fetched/);
  expect(readdirSync(join(folder, 'cache'))).toEqual([]);
});

test('files, links and folders of somebody else stay; an empty folder and a marked one give way', () => {
  const file = join(folder, 'file');
  writeFileSync(file, 'x');
  expect(() => giveWay(file)).toThrow(/in the way/);
  expect(readFileSync(file, 'utf8')).toBe('x');
  const names = join(folder, 'names');
  mkdirSync(join(names, 'libs'), { recursive: true });
  expect(() => giveWay(names)).toThrow(/in the way/);
  giveWay(names, (found) => found.every((name) => name === 'libs'));
  expect(existsSync(names)).toBe(false);
  mkdirSync(names);
  giveWay(names);
  giveWay(names);
  expect(existsSync(names)).toBe(false);
});
