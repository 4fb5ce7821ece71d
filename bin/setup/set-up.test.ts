import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freeMegabytes } from './disk.mjs';
import { jvmMissing } from './jvm.mjs';
import { cacheRoot } from './layout.mjs';
import { withLock } from './lock.mjs';
import { javaStringHash, mirrorIn, repositoryUrl } from './maven.mjs';
import { adviceFor, swallowedFlags } from './npm-flags.mjs';
import { packageDifference } from './npm-packages.mjs';
import { asProblem } from './problem.mjs';
import { step } from './progress.mjs';
import { proxyArgs } from './resolve.mjs';
import { parsePasswd, reachableByAll, unprivilegedUser } from './unprivileged.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-setup-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('what is installed differs from the lock file by a version, by what lacks, and by what is too much', () => {
  const lock = {
    packages: {
      '': {},
      'node_modules/a': { version: '1.0.0' },
      'node_modules/b': { version: '2.0.0', optional: true },
    },
  };
  const difference = (packages: Record<string, { version?: string; optional?: boolean }>) =>
    packageDifference(lock, { packages });
  expect(packageDifference(lock, undefined)).toBe('nothing is installed');
  expect(difference({ 'node_modules/a': { version: '1.0.0' } })).toBeUndefined();
  expect(difference({})).toBe('a is missing');
  expect(difference({ 'node_modules/a': { version: '1.0.1' } })).toBe('a is 1.0.1, not 1.0.0');
  expect(difference({ ...lock.packages, 'node_modules/@x/c': { version: '1.0.0' } })).toBe(
    '@x/c is not in the lock file',
  );
  // An optional package for this platform that the lock file's registry did not have.
  expect(difference({ ...lock.packages, 'node_modules/c': { version: '1.0.0', optional: true } })).toBeUndefined();
});

test('JVM parts are complete only with every file at its size', () => {
  const parts = { folder };
  expect(jvmMissing(parts)).toBe(`nothing complete at ${folder}`);
  mkdirSync(join(folder, 'libs'));
  const jar = join(folder, 'libs', 'a.jar');
  writeFileSync(jar, 'jar');
  writeFileSync(join(folder, 'complete.json'), JSON.stringify({ 'libs/a.jar': { size: 3 } }));
  expect(jvmMissing(parts)).toBeUndefined();
  writeFileSync(jar, 'jarjar');
  expect(jvmMissing(parts)).toBe(`${jar} has 6 bytes, not 3`);
  rmSync(jar);
  expect(jvmMissing(parts)).toBe(`${jar} is missing`);
});

test('a list of parts of any content is no complete set-up, and no stack', () => {
  for (const text of ['null', '[]', '{}', '7', '"x"', '', '{"libs/a.jar":null}', '\u0000\u0001']) {
    mkdirSync(join(folder, 'libs'), { recursive: true });
    writeFileSync(join(folder, 'libs', 'a.jar'), 'jar');
    writeFileSync(join(folder, 'complete.json'), text);
    expect(jvmMissing({ folder })).toBeDefined();
  }
});

test('the cache is an absolute folder, whatever HOME is', () => {
  expect(cacheRoot({ HOME: '/home/me' })).toBe('/home/me/.cache/driftlab');
  for (const HOME of ['', 'relative', undefined])
    expect(cacheRoot({ HOME })).toBe(join(userInfo().homedir, '.cache', 'driftlab'));
  expect(cacheRoot({ HOME: '/home/me', XDG_CACHE_HOME: 'relative' })).toBe('/home/me/.cache/driftlab');
  expect(cacheRoot({ DRIFTLAB_CACHE: 'here' })).toBe(join(process.cwd(), 'here'));
});

test('looking for free space makes no folder, and says what is in its way', () => {
  expect(freeMegabytes(join(folder, 'a', 'b'))).toBeGreaterThan(0);
  expect(existsSync(join(folder, 'a'))).toBe(false);
  writeFileSync(join(folder, 'file'), '');
  expect(() => freeMegabytes(join(folder, 'file'))).toThrow(/is a file/);
});

test('what the system refused is a problem for people, and a bug of ours is not', () => {
  let refused: unknown;
  try {
    readFileSync(join(folder, 'missing'));
  } catch (error) {
    refused = error;
  }
  expect(asProblem(refused)).toMatchObject({ message: `the system refused to open ${join(folder, 'missing')}` });
  expect(() => asProblem(new TypeError('ours'))).toThrow('ours');
});

test('a mirror of Maven Central is found in the settings, and no other', () => {
  const mirror = (of: string) =>
    `<settings><mirrors><mirror><id>m</id><mirrorOf>${of}</mirrorOf><url>https://mirror.test/maven/</url></mirror></mirrors></settings>`;
  expect(mirrorIn(mirror('central'))).toBe('https://mirror.test/maven');
  expect(mirrorIn(mirror('*,!other'))).toBe('https://mirror.test/maven');
  expect(mirrorIn(mirror('*,!central'))).toBeUndefined();
  expect(mirrorIn(mirror('other'))).toBeUndefined();
  expect(mirrorIn(`<!-- ${mirror('central')} -->`)).toBeUndefined();
  expect(mirrorIn('')).toBeUndefined();
});

test("the user's MVNW_REPOURL comes before all others", () => {
  expect(repositoryUrl({ MVNW_REPOURL: 'https://mine.test/maven/' })).toBe('https://mine.test/maven');
});

test("the folder of Maven is named as mvnw names it, by Java's hash of its address", () => {
  expect(javaStringHash('hello')).toBe('5e918d2');
  expect(javaStringHash('polygenelubricants')).toBe('80000000'); // negative in Java
});

test('the proxies of the environment are given to Maven', () => {
  expect(proxyArgs({})).toEqual([]);
  expect(proxyArgs({ https_proxy: 'http://proxy.test:3128' }).slice(0, 2)).toEqual([
    '-Dhttps.proxyHost=proxy.test',
    '-Dhttps.proxyPort=3128',
  ]);
  expect(proxyArgs({ HTTPS_PROXY: 'no address' })).toEqual([]);
});

test('flags that npm kept are found in its environment, when it is npm that runs us', () => {
  const env = { npm_lifecycle_event: 'scenario' };
  expect(swallowedFlags({ ...env, npm_config_seed: '7', npm_config_cache: '/x' })).toEqual(['seed']);
  expect(swallowedFlags(env)).toEqual([]);
  expect(swallowedFlags({ npm_config_seed: '7' })).toEqual([]);
});

test('the advice shows the whole line as it has to be', () => {
  expect(adviceFor('scenario', ['canonical'], ['seed', 'debug'])).toBe(
    'npm run scenario -- canonical --seed … --debug',
  );
  expect(adviceFor('test', [], ['project'])).toBe('npm test -- --project …');
});

test('PostgreSQL runs as postgres, else as nobody, and as oneself where one is not root', () => {
  const passwd = 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533::/:/bin/false\n';
  expect(unprivilegedUser({ uid: 1000, passwd })).toBeUndefined();
  expect(unprivilegedUser({ uid: 0, passwd })).toEqual({ uid: 65534, gid: 65533 });
  expect(unprivilegedUser({ uid: 0, passwd: `${passwd}postgres:x:26:27::/:/bin/sh\n` })).toEqual({ uid: 26, gid: 27 });
  expect(parsePasswd('nobody:*:-2:-2::/:/bin/false').size).toBe(0);
});

test('a folder is reachable only if all above it are open', () => {
  const inner = join(folder, 'inner');
  mkdirSync(inner, { mode: 0o755 });
  expect(reachableByAll(inner)).toBe(false); // mkdtemp closes its folder to others.
});

test('two set-ups of the same thing run one after the other', async () => {
  const lock = join(folder, 'lock');
  const order: string[] = [];
  let release = () => {};
  const first = withLock(
    lock,
    () => {},
    async () => {
      order.push('first begins');
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      order.push('first ends');
    },
  );
  const waited: number[] = [];
  const second = withLock(
    lock,
    (pid) => {
      waited.push(pid);
      release();
    },
    async () => void order.push('second'),
  );
  await Promise.all([first, second]);
  expect(order).toEqual(['first begins', 'first ends', 'second']);
  expect(waited).toEqual([process.pid]);
});

test('the lock of a process that is gone is taken over', async () => {
  const lock = join(folder, 'lock');
  // Above the highest pid of any system.
  writeFileSync(lock, '99999999');
  await expect(
    withLock(
      lock,
      () => {},
      async () => readFileSync(lock, 'utf8'),
    ),
  ).resolves.toBe(String(process.pid));
});

test('a file of somebody else where the lock would be is refused and stays', async () => {
  const lock = join(folder, 'lock');
  writeFileSync(lock, '{"lockfileVersion": 3}');
  const taken = withLock(
    lock,
    () => {},
    async () => 'work',
  );
  await expect(taken).rejects.toThrow(/cannot be taken/);
  expect(readFileSync(lock, 'utf8')).toBe('{"lockfileVersion": 3}');
});

test('without a terminal a step writes a line when it begins and one when it ends', async () => {
  const lines: string[] = [];
  await step('parts', async (progress) => progress('5 MB'), { write: (text) => lines.push(text) });
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(/^set-up: parts … \d+\.\d s\n$/);
  expect(lines[1]).toMatch(/^set-up: parts: done in \d+\.\d s\n$/);
});
