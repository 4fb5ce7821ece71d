// Finds Java and its version. Node 20, no dependency.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { JAVA_MIN } from './layout.mjs';
import { SetupProblem } from './problem.mjs';

/**
 * @typedef {object} Java
 * @property {string} command absolute path of the `java` that will be run
 * @property {string} version e.g. `17.0.15`
 * @property {number} feature e.g. 17
 */

/**
 * The feature release in a version's text: 8 for `1.8.0_392`, 17 for `17.0.15`, 22 for `22-ea`; undefined for what is no
 * version.
 * @param {string} version
 */
export function featureOf(version) {
  const match = /^(?:1\.)?(\d+)/.exec(version);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/**
 * The version in what `java -version` says, whatever else it prints before (e.g. about JAVA_TOOL_OPTIONS).
 * @param {string} output
 */
export function versionIn(output) {
  return /\bversion "([^"]+)"/.exec(output)?.[1];
}

/**
 * The version in the `release` file of a Java home.
 * @param {string} text
 */
export function versionInRelease(text) {
  return /^JAVA_VERSION="([^"]+)"/m.exec(text)?.[1];
}

/**
 * Where `java` is: in JAVA_HOME, or else the first in PATH. Undefined where it is in neither.
 * @param {NodeJS.ProcessEnv} env
 */
function javaCommand(env) {
  const folders = env.JAVA_HOME ? [join(env.JAVA_HOME, 'bin')] : (env.PATH ?? '').split(delimiter);
  for (const folder of folders) {
    const command = join(folder || '.', 'java');
    try {
      accessSync(command, constants.X_OK);
      return command;
    } catch {
      // Not here.
    }
  }
  return undefined;
}

/**
 * The command that installs Java on this system.
 * @param {NodeJS.Platform} [platform]
 * @param {(name: string) => boolean} [has] whether a program is in PATH
 */
export function javaInstallCommand(platform = process.platform, has = inPath) {
  if (platform === 'darwin') return 'brew install openjdk@21, then set JAVA_HOME to it';
  if (has('apt-get')) return 'sudo apt-get install -y openjdk-17-jre-headless';
  if (has('dnf')) return 'sudo dnf install -y java-21-openjdk-headless';
  if (has('apk')) return 'sudo apk add openjdk21-jre-headless';
  if (has('pacman')) return 'sudo pacman -S jre21-openjdk-headless';
  return 'install a Java runtime 17 or newer, and put java into PATH or set JAVA_HOME';
}

/** @param {string} name */
function inPath(name) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * The Java that will be used. Reads its `release` file, which takes no time; runs it only where there is none.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Java}
 * @throws {SetupProblem} where there is none, it does not run, or it is too old
 */
export function findJava(env = process.env) {
  const expected = `Java ${JAVA_MIN} or newer`;
  const command = javaCommand(env);
  if (command === undefined)
    throw new SetupProblem({
      message: 'there is no Java',
      expected,
      found: env.JAVA_HOME
        ? `no bin/java in JAVA_HOME (${env.JAVA_HOME})`
        : 'no java in PATH, and JAVA_HOME is not set',
      fix: env.JAVA_HOME ? 'unset JAVA_HOME, or set it to a Java home' : javaInstallCommand(),
    });
  const version = releaseVersion(command) ?? runVersion(command, env);
  const feature = version === undefined ? undefined : featureOf(version);
  if (version === undefined || feature === undefined)
    throw new SetupProblem({
      message: `${command} does not say its version`,
      expected,
      found: `${command} -version printed no version`,
      fix: javaInstallCommand(),
    });
  if (feature < JAVA_MIN)
    throw new SetupProblem({
      message: 'this Java is too old for Kafka and Debezium',
      expected,
      found: `Java ${version} (${command})`,
      fix: javaInstallCommand(),
    });
  return { command, version, feature };
}

/** @param {string} command */
function releaseVersion(command) {
  try {
    return versionInRelease(readFileSync(join(dirname(dirname(realpathSync(command))), 'release'), 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * @param {string} command
 * @param {NodeJS.ProcessEnv} env
 */
function runVersion(command, env) {
  const { stdout, stderr } = spawnSync(command, ['-version'], { encoding: 'utf8', env, timeout: 20_000 });
  return versionIn(`${stderr ?? ''}\n${stdout ?? ''}`);
}
