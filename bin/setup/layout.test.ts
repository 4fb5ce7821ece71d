import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findPackage, INSTALLED, programFile, projectFolder, ROOT, WORK } from './layout.mjs';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'driftlab-layout-')));
});
afterEach(() => rmSync(folder, { recursive: true }));

function made(...path: string[]): string {
  const made = join(folder, ...path);
  mkdirSync(made, { recursive: true });
  return made;
}

test('a checkout works for itself, and runs its own sources', () => {
  expect(INSTALLED).toBe(false);
  expect(WORK).toBe(ROOT);
  expect(programFile('harness/cli/main')).toBe(join(ROOT, 'harness', 'cli', 'main.ts'));
});

test('a project is the nearest folder with a package.json, from whichever folder inside it a command is run', () => {
  const inner = made('shop', 'pipelines', 'nightly');
  writeFileSync(join(folder, 'shop', 'package.json'), '{}');
  expect(projectFolder(inner)).toBe(join(folder, 'shop'));
  expect(projectFolder(join(folder, 'shop'))).toBe(join(folder, 'shop'));
});

test("outside of any project it is the folder itself; a package.json in the user's home makes no project of all below", () => {
  const inner = made('home', 'notes');
  expect(projectFolder(inner)).toBe(inner);
  writeFileSync(join(folder, 'home', 'package.json'), '{}');
  expect(projectFolder(inner, join(folder, 'home'))).toBe(inner);
});

test('a package is found beside the one that needs it, in it, and further up', () => {
  const program = made('project', 'node_modules', 'driftlab');
  const beside = made('project', 'node_modules', '@scope', 'beside');
  const inside = made('project', 'node_modules', 'driftlab', 'node_modules', 'inside');
  for (const found of [beside, inside]) writeFileSync(join(found, 'package.json'), '{}');
  made('project', 'node_modules', 'broken-off');
  expect(findPackage('@scope/beside', program)).toBe(beside);
  expect(findPackage('inside', program)).toBe(inside);
  expect(findPackage('broken-off', program)).toBeUndefined();
});
