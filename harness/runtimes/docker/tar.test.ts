import { execFileSync } from 'node:child_process';
import {
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { filesIn, tarOf } from './tar.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-tar-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('tar reads an archive as it was meant: paths of any length, contents of any size, modes and owners', async () => {
  const long = `${'folder/'.repeat(14)}${'x'.repeat(90)}.txt`;
  const big = Buffer.alloc(1025, 'a').toString();
  const archive = join(folder, 'a.tar');
  await pipeline(
    tarOf([
      { path: 'etc/one', from: { text: 'ä\n' }, mode: 0o600, owner: 1001 },
      { path: long, from: { text: big }, mode: 0o755 },
      { path: 'empty', from: { text: '' } },
    ]),
    createWriteStream(archive),
  );
  const listed = execFileSync('tar', ['--numeric-owner', '-tvf', archive], { encoding: 'utf8' }).trim().split('\n');
  expect(listed.map((line) => line.split(/\s+/).slice(0, 3).join(' '))).toEqual([
    '-rw------- 1001/1001 3',
    '-rwxr-xr-x 0/0 1025',
    '-rw-r--r-- 0/0 0',
  ]);
  execFileSync('tar', ['-xf', archive, '-C', folder]);
  expect(readFileSync(join(folder, 'etc/one'), 'utf8')).toBe('ä\n');
  expect(readFileSync(join(folder, long), 'utf8')).toBe(big);
  expect(statSync(join(folder, 'empty')).size).toBe(0);
});

test('a path that no archive can hold is not cut', () => {
  return expect(
    pipeline(tarOf([{ path: 'x'.repeat(101), from: { text: '' } }]), createWriteStream(join(folder, 'b.tar'))),
  ).rejects.toThrow('too long');
});

test('a folder’s files are taken with what links lead to', () => {
  mkdirSync(join(folder, 'real'));
  writeFileSync(join(folder, 'real', 'a.jar'), '');
  mkdirSync(join(folder, 'path'));
  symlinkSync(join(folder, 'real'), join(folder, 'path', 'linked'));
  expect(filesIn(join(folder, 'path'), 'plugins').map(({ path }) => path)).toEqual(['plugins/linked/a.jar']);
});
