import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { linkPlugins } from './own-plugins.ts';

const TRANSFORMATION = 'META-INF/services/org.apache.kafka.connect.transforms.Transformation';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-plugins-'));
  for (const name of ['lab', 'usual']) mkdirSync(join(folder, name));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function jar(path: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  const entries = Object.entries(files).map(([name, text]) => [name, strToU8(text)]);
  writeFileSync(join(folder, path), zipSync(Object.fromEntries(entries)));
}

const link = (named: string, ...names: readonly string[]): Record<string, string[]> => {
  const classes = names.map((name) => ({ name, kind: 'transform' as const }));
  const path = linkPlugins(join(folder, 'lab'), join(folder, 'usual'), { folders: [join(folder, named)], classes });
  return Object.fromEntries(readdirSync(path).map((plugin) => [plugin, readdirSync(join(path, plugin)).toSorted()]));
};

const services = (plugin: string): Record<string, string> => {
  const read = unzipSync(readFileSync(join(folder, 'lab', 'plugins', plugin, 'driftlab-services.jar')));
  return Object.fromEntries(Object.entries(read).map(([name, content]) => [name, strFromU8(content)]));
};

test('a folder with jars is one plugin; one without holds plugins', () => {
  jar('mine/a.jar', { 'a.txt': '' });
  jar('mine/b.jar', { 'b.txt': '' });
  expect(link('mine')).toEqual({ '1-mine': ['a.jar', 'b.jar'] });
  rmSync(join(folder, 'lab', 'plugins'), { recursive: true });
  jar('all/one/lib/a.jar', { 'a.txt': '' });
  jar('all/two/b.jar', { 'b.txt': '' });
  writeFileSync(join(folder, 'all', 'README'), '');
  expect(link('all')).toEqual({ '1-one': ['lib'], '2-two': ['b.jar'] });
});

test('a plugin at a version of its own takes the place of the usual one', () => {
  jar('usual/acme-connector/acme-connector-2.0.jar', { 'a.txt': '' });
  jar('usual/acme-connector-extra/acme-connector-extra-2.0.jar', { 'b.txt': '' });
  jar('mine/acme-connector-1.4.jar', { 'a.txt': '' });
  expect(link('mine')).toEqual({
    '1-mine': ['acme-connector-1.4.jar'],
    'acme-connector-extra': ['acme-connector-extra-2.0.jar'],
  });
});

test('a class that no service file names is named beside it; one that is named, or is not there, is not', () => {
  jar('mine/old.jar', { 'com/acme/Mask$Value.class': '', 'com/acme/New.class': '' });
  jar('mine/new.jar', { [TRANSFORMATION]: '# ours\ncom.acme.New # since 2\n' });
  expect(link('mine', 'com.acme.Mask$Value', 'com.acme.New', 'com.other.Absent')).toEqual({
    '1-mine': ['driftlab-services.jar', 'new.jar', 'old.jar'],
  });
  expect(services('1-mine')).toEqual({ [TRANSFORMATION]: 'com.acme.Mask$Value\n' });
  expect(readdirSync(join(folder, 'mine'))).toEqual(['new.jar', 'old.jar']);
});

test('a link to nothing is left out, and one back to where it came from ends', () => {
  jar('mine/lib/a.jar', { 'com/acme/Mask.class': '' });
  symlinkSync(join(folder, 'nowhere.jar'), join(folder, 'mine', 'gone.jar'));
  symlinkSync('..', join(folder, 'mine', 'lib', 'up'));
  // Without a jar of its own it holds plugins, and a link to nothing is none.
  expect(link('mine', 'com.acme.Mask')).toEqual({ '1-lib': ['a.jar', 'driftlab-services.jar', 'up'] });
  expect(services('1-lib')).toEqual({ [TRANSFORMATION]: 'com.acme.Mask\n' });
});

test.each(['', 'Not Found'])('an archive of which %j is left is named', (rest) => {
  jar('mine/a.jar', { 'a.txt': '' });
  writeFileSync(join(folder, 'mine', 'broken.jar'), rest);
  let thrown: unknown;
  try {
    link('mine');
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({
    code: 'plugin-unreadable',
    exit: 2,
    message: expect.stringContaining(join(folder, 'mine', 'broken.jar')),
  });
});
