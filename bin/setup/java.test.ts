import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { featureOf, findJava, javaInstallCommand, versionIn, versionInRelease } from './java.mjs';
import { SetupProblem } from './problem.mjs';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'driftlab-java-'));
  mkdirSync(join(home, 'bin'));
});
afterEach(() => rmSync(home, { recursive: true }));

/** A program in place of java that only knows its version. */
function install(says: string, release?: string): void {
  writeFileSync(join(home, 'bin', 'java'), `#!/bin/sh\n/bin/cat >&2 <<'END'\n${says}\nEND\n`);
  chmodSync(join(home, 'bin', 'java'), 0o755);
  if (release !== undefined) writeFileSync(join(home, 'release'), release);
}

function problemOf(env: NodeJS.ProcessEnv): SetupProblem {
  try {
    findJava(env);
  } catch (error) {
    if (error instanceof SetupProblem) return error;
    throw error;
  }
  throw new Error('no problem was found');
}

test('the feature release is read from old and new version numbers', () => {
  const versions = ['1.8.0_392', '11.0.21', '17.0.15', '22-ea', '25', 'Debian'];
  expect(versions.map(featureOf)).toEqual([8, 11, 17, 22, 25, undefined]);
});

test('the version is found whatever stands before it', () => {
  expect(versionIn('Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "17.0.15" 2025-04-15\n')).toBe('17.0.15');
  expect(versionIn('java version "1.8.0_392"')).toBe('1.8.0_392');
  expect(versionIn('The operation could not be completed.')).toBeUndefined();
  expect(versionInRelease('IMPLEMENTOR="Debian"\nJAVA_VERSION="21.0.2"\n')).toBe('21.0.2');
});

test('the release file spares running java; without one, java is asked', () => {
  install('openjdk version "17.0.1"', 'JAVA_VERSION="21.0.2"\n');
  expect(findJava({ JAVA_HOME: home })).toEqual({ command: join(home, 'bin', 'java'), version: '21.0.2', feature: 21 });
  rmSync(join(home, 'release'));
  expect(findJava({ PATH: join(home, 'bin') }).version).toBe('17.0.1');
});

test('no Java, too old a Java and a Java that says nothing are each told with what to do', () => {
  expect(problemOf({ PATH: join(home, 'nowhere') })).toMatchObject({
    message: 'there is no Java',
    expected: 'Java 17 or newer',
    fix: javaInstallCommand(),
  });
  expect(problemOf({ JAVA_HOME: join(home, 'nowhere') }).fix).toBe('unset JAVA_HOME, or set it to a Java home');
  install('openjdk version "11.0.21"');
  expect(problemOf({ JAVA_HOME: home }).found).toBe(`Java 11.0.21 (${join(home, 'bin', 'java')})`);
  install('Unable to locate a Java Runtime.');
  expect(problemOf({ JAVA_HOME: home }).message).toContain('does not say its version');
});

test('the command that installs Java is the one of this system', () => {
  const only = (name: string) => (asked: string) => asked === name;
  expect(javaInstallCommand('linux', only('apt-get'))).toContain('apt-get install');
  expect(javaInstallCommand('linux', only('apk'))).toContain('apk add');
  expect(javaInstallCommand('darwin', only('none'))).toContain('brew install');
});
