// Where Maven itself comes from, for the wrapper (mvnw). Node 20, no dependency.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { cacheRoot, ROOT, WRAPPER } from './layout.mjs';
import { giveWay, MARKER, markFolder, removeFolder } from './own-folder.mjs';
import { messageOf, SetupProblem } from './problem.mjs';
import { interrupted } from './program.mjs';

/** The environment for mvnw: the distribution's repository, and our cache instead of ~/.m2 to keep it in. */
export function mavenEnvironment() {
  const repository = repositoryUrl();
  return {
    MAVEN_USER_HOME: mavenHome(),
    ...(repository === undefined ? {} : { MVNW_REPOURL: repository }),
  };
}

function mavenHome() {
  return join(cacheRoot(), 'maven');
}

/**
 * The repository of Maven's distribution, without a slash at its end: the user's MVNW_REPOURL, or the mirror that the
 * user's settings name, or the one that the npm package mvn-artifact-url has by default.
 */
export function repositoryUrl(env = process.env) {
  if (env.MVNW_REPOURL) return env.MVNW_REPOURL.replace(/\/$/, '');
  return mirrorIn(readText(join(homedir(), '.m2', 'settings.xml'))) ?? defaultRepository();
}

/**
 * The mirror of Maven Central in a settings.xml.
 * @param {string} settings
 */
export function mirrorIn(settings) {
  const text = settings.replace(/<!--[\s\S]*?-->/g, '');
  for (const [mirror] of text.matchAll(/<mirror>[\s\S]*?<\/mirror>/g)) {
    const of = /<mirrorOf>\s*([^<]*?)\s*<\/mirrorOf>/.exec(mirror)?.[1] ?? '';
    const url = /<url>\s*([^<]*?)\s*<\/url>/.exec(mirror)?.[1];
    const names = of.split(',').map((name) => name.trim());
    const central = names.some((name) => ['*', 'external:*', 'central'].includes(name)) && !names.includes('!central');
    if (central && url && /^https?:/.test(url)) return url.replace(/\/$/, '');
  }
  return undefined;
}

function defaultRepository() {
  try {
    // No address of a registry stands in this repository; the package is the one that knows it.
    const require = createRequire(join(ROOT, 'package.json'));
    const source = readFileSync(require.resolve('mvn-artifact-url'), 'utf8');
    return /basePath \|\| ['"](https:[^'"]+?)\/?['"]/.exec(source)?.[1];
  } catch {
    return undefined; // Then mvnw asks Apache's archive.
  }
}

/** @param {string} file */
function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** @param {string} name */
function inPath(name) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder || '.', name)));
}

/**
 * mvnw fetches Maven by itself where the system has what it needs for that: wget or curl, unzip, and a program that
 * makes checksums. On a bare machine (a slim container) it would want a Java compiler, and reject the archive it gets
 * without unzip; there we put Maven where mvnw looks for it, having checked the same way what came.
 * @param {(text: string) => void} progress
 */
export async function provideMaven(progress) {
  const fetches = inPath('wget') || inPath('curl');
  if (fetches && inPath('unzip') && (inPath('sha256sum') || inPath('shasum'))) return;
  const wrapper = wrapperProperties();
  const repository = repositoryUrl();
  // The same address as mvnw makes: its hash names the folder.
  const path = wrapper.url.slice(wrapper.url.indexOf('/org/apache/maven/'));
  const url = repository === undefined ? wrapper.url : `${repository}${path}`;
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/-bin\.zip$/, '');
  const parent = join(mavenHome(), 'wrapper', 'dists', name);
  const home = join(parent, javaStringHash(url));
  if (existsSync(home)) return;
  progress('Maven');
  const archive = `${url.replace(/\.zip$/, '')}.tar.gz`;
  // One at a time is made here, under the lock: what an earlier one left when it was killed gives way.
  const fresh = `${home}.build`;
  giveWay(fresh);
  markFolder(fresh, { kind: 'cache' });
  try {
    const bytes = await download(archive);
    const found = createHash('sha256').update(bytes).digest('hex');
    if (found !== wrapper.tarSha256)
      throw new SetupProblem({
        message: 'the Maven that was downloaded is not the one that is pinned',
        expected: `SHA-256 ${wrapper.tarSha256}`,
        found,
        fix: 'check which repository MVNW_REPOURL or ~/.m2/settings.xml names',
      });
    writeFileSync(join(fresh, 'maven.tar.gz'), bytes);
    const tar = spawnSync('tar', ['xzf', 'maven.tar.gz'], { cwd: fresh, encoding: 'utf8' });
    if (tar.status !== 0)
      throw new SetupProblem({
        message: 'Maven could not be unpacked',
        expected: 'tar and gzip in PATH',
        found: tar.error?.message ?? tar.stderr.trim(),
        fix: 'install tar and gzip, then run this again',
      });
    const unpacked = readdirSync(fresh).find((entry) => entry !== 'maven.tar.gz' && entry !== MARKER) ?? name;
    renameSync(join(fresh, unpacked), home);
  } finally {
    removeFolder(fresh);
  }
}

/** @param {string} url */
async function download(url) {
  try {
    const answer = await fetch(url, { signal: AbortSignal.any([interrupted, AbortSignal.timeout(120_000)]) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return Buffer.from(await answer.arrayBuffer());
  } catch (error) {
    interrupted.throwIfAborted();
    const cause = /** @type {Error} */ (error).cause;
    throw new SetupProblem({
      message: 'Maven could not be downloaded',
      expected: `an answer from ${new URL(url).host}`,
      found: `${messageOf(error)}${cause === undefined ? '' : ` (${messageOf(cause)})`}`,
      fix: 'check the network; behind a mirror, name it in MVNW_REPOURL or ~/.m2/settings.xml',
    });
  }
}

function wrapperProperties() {
  const text = readFileSync(WRAPPER, 'utf8');
  /** @param {string} name */
  const value = (name) => new RegExp(`^#? ?${name}=(.+)$`, 'm').exec(text)?.[1]?.trim() ?? '';
  return { url: value('distributionUrl'), tarSha256: value('tarGzSha256Sum') };
}

/**
 * Java's String.hashCode as mvnw prints it: unsigned, in hexadecimal.
 * @param {string} text
 */
export function javaStringHash(text) {
  let hash = 0;
  for (const char of text) hash = (Math.imul(hash, 31) + char.charCodeAt(0)) >>> 0;
  return hash.toString(16);
}
