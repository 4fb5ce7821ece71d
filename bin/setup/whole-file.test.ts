import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolder, writeAllWhole, writeWhole } from './whole-file.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-whole-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const read = (path: string) => readFileSync(path, 'utf8');

test('a file is replaced with its mode kept, and nothing is left beside it', () => {
  const file = join(folder, 'report.json');
  writeWhole(file, 'old');
  chmodSync(file, 0o640);
  writeWhole(file, 'new');
  expect(read(file)).toBe('new');
  expect(statSync(file).mode & 0o777).toBe(0o640);
  expect(readdirSync(folder)).toEqual(['report.json']);
});

test('a symbolic link stays, and the file that it leads to is written, there or not', () => {
  mkdirSync(join(folder, 'far'));
  const link = join(folder, 'link');
  symlinkSync(join('far', 'report.json'), link);
  for (const text of ['first', 'second']) {
    writeWhole(link, text);
    expect(read(join(folder, 'far', 'report.json'))).toBe(text);
    expect(readlinkSync(link)).toBe(join('far', 'report.json'));
  }
  symlinkSync('loop', join(folder, 'loop'));
  expect(() => writeWhole(join(folder, 'loop'), 'x')).toThrow(/ELOOP/);
});

test('a device stays a device', () => {
  writeWhole('/dev/null', 'text');
  expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
});

test('a pipe stays a pipe, and its reader gets all of it; one that nobody reads is an error at once', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  expect(() => writeWhole(pipe, 'text')).toThrow(/ENXIO/);
  const reader = spawn('cat', [pipe], { stdio: ['ignore', 'pipe', 'inherit'] });
  let got = '';
  reader.stdout.setEncoding('utf8').on('data', (text) => {
    got += text;
  });
  const text = 'x'.repeat(50_000);
  // Until the reader has opened it, nobody reads it.
  for (let written = false; !written; )
    try {
      writeWhole(pipe, text);
      written = true;
    } catch {
      await new Promise((resolve) => setImmediate(resolve));
    }
  await once(reader, 'close');
  expect(got).toBe(text);
  expect(lstatSync(pipe).isFIFO()).toBe(true);
});

test('of several files none is replaced where one of them cannot be written', () => {
  const one = join(folder, 'one');
  writeFileSync(one, 'old');
  expect(() =>
    writeAllWhole([
      [one, 'new'],
      [join(folder, 'missing', 'two'), 'new'],
    ]),
  ).toThrow(join(folder, 'missing', 'two'));
  expect(read(one)).toBe('old');
  expect(readdirSync(folder)).toEqual(['one']);
});

test('a folder is made with those above it, and an impossible one is an error at once', () => {
  makeFolder(join(folder, 'a', 'b'));
  makeFolder(join(folder, 'a', 'b'));
  expect(statSync(join(folder, 'a', 'b')).isDirectory()).toBe(true);
  writeFileSync(join(folder, 'file'), '');
  expect(() => makeFolder(join(folder, 'file', 'x'))).toThrow();
  expect(() => makeFolder(join(folder, 'file'))).toThrow(/EEXIST/);
});

test.runIf(process.platform === 'linux')('below /proc, too, it is an error at once', () => {
  expect(() => makeFolder('/proc/driftlab/x')).toThrow(/ENOENT/);
});
