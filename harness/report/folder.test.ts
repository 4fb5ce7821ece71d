import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRunFolder, markLatest, resolveRunFolder, runName } from './folder.ts';

const AT = new Date(2026, 0, 5, 9, 8, 7);

let reports: string;
beforeEach(() => {
  reports = realpathSync(mkdtempSync(join(tmpdir(), 'driftlab-reports-')));
});
afterEach(() => rmSync(reports, { recursive: true }));

test('a run is named after its scenario, its time and its seed', () => {
  expect(runName('canonical', 42, AT)).toBe('canonical-20260105-090807-seed42');
});

test('two runs of one second and seed get a folder each', () => {
  const first = createRunFolder(reports, 'canonical', 42, AT);
  const second = createRunFolder(reports, 'canonical', 42, AT);
  expect(basename(second)).toBe(`${basename(first)}-2`);
});

test('latest moves on to the newest run, and nothing is left beside it', () => {
  const first = createRunFolder(reports, 'canonical', 1, AT);
  const second = createRunFolder(reports, 'canonical', 2, AT);
  expect(markLatest(first)).toBe(true);
  expect(markLatest(second)).toBe(true);
  expect(readlinkSync(join(reports, 'latest'))).toBe(basename(second));
  expect(resolveRunFolder(join(reports, 'latest'))).toBe(second);
  expect(readdirSync(reports).sort()).toEqual([basename(first), basename(second), 'latest']);
});

test('a latest that is a text file, for want of links, leads to the run as well', () => {
  const folder = createRunFolder(reports, 'canonical', 1, AT);
  writeFileSync(join(reports, 'latest'), `${basename(folder)}\n`);
  expect(resolveRunFolder(join(reports, 'latest'))).toBe(folder);
});

test('a folder of the user named latest is left alone', () => {
  mkdirSync(join(reports, 'latest'));
  writeFileSync(join(reports, 'latest', 'mine.txt'), 'mine');
  const folder = createRunFolder(reports, 'canonical', 1, AT);
  expect(markLatest(folder)).toBe(false);
  expect(readdirSync(join(reports, 'latest'))).toEqual(['mine.txt']);
  expect(readdirSync(reports).sort()).toEqual([basename(folder), 'latest']);
});

test('a file of the user named latest is left alone, and so is a link to another place', () => {
  const folder = createRunFolder(reports, 'canonical', 1, AT);
  writeFileSync(join(reports, 'latest'), 'my notes:\n- ask them\n');
  expect(markLatest(folder)).toBe(false);
  expect(readFileSync(join(reports, 'latest'), 'utf8')).toContain('my notes');
  rmSync(join(reports, 'latest'));
  symlinkSync('/elsewhere/run', join(reports, 'latest'));
  expect(markLatest(folder)).toBe(false);
  expect(readlinkSync(join(reports, 'latest'))).toBe('/elsewhere/run');
});

test.each([
  ['nothing', undefined],
  ['an empty file', ''],
  ['a way out of the folder', '../../etc'],
  ['binary', '\u0000\u0001\u00ff'],
  ['the name of no run', 'gone'],
  ['a file that is no latest', 'x'.repeat(5000)],
])('a path to %s is refused as the folder of a run', (_, content) => {
  const path = join(reports, 'latest');
  if (content !== undefined) writeFileSync(path, content);
  expect(() => resolveRunFolder(path)).toThrow(expect.objectContaining({ code: 'run-missing', exit: 2 }));
});
