import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  checksumProblem,
  formatSums,
  INSTALLED_SUMS,
  madeFromPom,
  parseSums,
  RESOLVED_SUMS,
  refusedByMaven,
  wrongFile,
} from './checksums.mjs';
import { jvmMissing, pinnedVersions } from './jvm.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-checksums-'));
  mkdirSync(join(folder, 'libs'));
  mkdirSync(join(folder, 'plugins'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const sum = (text: string): string => createHash('sha256').update(text).digest('hex');

test('the pinned checksums are those of docker/pom.xml as it is: after a change of it, run dev checksums', () => {
  for (const file of [RESOLVED_SUMS, INSTALLED_SUMS]) expect(madeFromPom(readFileSync(file, 'utf8')), file).toBe(true);
});

test("every file of Kafka and Debezium is pinned, and what Maven takes them from, and Maven's plugins", () => {
  const { kafka, debezium } = pinnedVersions();
  const resolved = parseSums(readFileSync(RESOLVED_SUMS, 'utf8'));
  const installed = parseSums(readFileSync(INSTALLED_SUMS, 'utf8'));
  expect(installed.has(`libs/kafka_2.13-${kafka}.jar`)).toBe(true);
  for (const name of ['postgres', 'sqlserver', 'mariadb', 'mysql', 'jdbc'].map((one) => `debezium-connector-${one}`)) {
    expect(installed.has(`plugins/${name}/${name}-${debezium}.jar`), name).toBe(true);
    expect(resolved.has(`io/debezium/${name}/${debezium}/${name}-${debezium}-plugin.tar.gz`), name).toBe(true);
  }
  const sums = new Set(resolved.values());
  // A jar of the class path is the very file that Maven has resolved.
  for (const [path, one] of installed) if (path.startsWith('libs/')) expect(sums.has(one), path).toBe(true);
  expect([...resolved.keys()].some((path) => /maven-dependency-plugin-[\d.]+\.jar$/.test(path))).toBe(true);
});

test('a checksum file is read as it was written, whatever its comments', () => {
  const sums = new Map([
    ['libs/b.jar', sum('b')],
    ['libs/a with a space.jar', sum('a')],
  ]);
  expect([...parseSums(formatSums(sums))]).toEqual([...sums].reverse());
});

test('a file that was changed, one that is missing and one that is too much are named with what was expected', () => {
  const sums = new Map([['libs/a.jar', sum('jar')]]);
  const jar = join(folder, 'libs', 'a.jar');
  expect(wrongFile(folder, [], sums)).toEqual({ file: jar, expected: `SHA-256 ${sum('jar')}`, found: 'no such file' });
  writeFileSync(jar, 'jar');
  expect(wrongFile(folder, ['libs/a.jar'], sums)).toBeUndefined();
  writeFileSync(join(folder, 'libs', 'b.jar'), 'more');
  expect(wrongFile(folder, ['libs/a.jar', 'libs/b.jar'], sums)).toMatchObject({
    file: join(folder, 'libs', 'b.jar'),
    expected: 'no such file',
  });
  writeFileSync(jar, 'rat');
  expect(wrongFile(folder, ['libs/a.jar'], sums)).toMatchObject({ file: jar, found: sum('rat') });
});

test("what is installed is compared with the repository's checksums, not with a list that lies beside it", () => {
  const jar = join(folder, 'libs', 'a.jar');
  const sums = new Map([['libs/a.jar', sum('jar')]]);
  writeFileSync(jar, 'rat');
  writeFileSync(join(folder, 'complete.json'), JSON.stringify({ 'libs/a.jar': { size: 3, sha256: sum('rat') } }));
  expect(jvmMissing({ folder })).toBeUndefined();
  expect(jvmMissing({ folder, hashes: true, sums })).toBe(
    `${jar} is not what is pinned: expected SHA-256 ${sum('jar')}, found ${sum('rat')}`,
  );
  writeFileSync(jar, 'jar');
  expect(jvmMissing({ folder, hashes: true, sums })).toBeUndefined();
});

test('what Maven has refused is one error that names the file, the checksum expected and the one found', () => {
  // As Maven 3.9.11 says it.
  const mismatch = `[ERROR] dependency: org.apache.kafka:kafka-clients:jar:4.3.1 (compile)
[ERROR] 	Artifact org.apache.kafka:kafka-clients:jar:4.3.1 trusted checksum mismatch: summaryFile=abc01b; calculated=52501b`;
  const file = 'org.apache.kafka:kafka-clients:jar:4.3.1';
  const refused = refusedByMaven(mismatch);
  expect(refused).toEqual({ file, expected: 'SHA-256 abc01b', found: '52501b' });
  expect(checksumProblem(refused as NonNullable<typeof refused>, RESOLVED_SUMS)).toMatchObject({
    message: `${file} is not the file whose checksum is pinned`,
    expected: 'SHA-256 abc01b (docker/checksums.sha256)',
    found: '52501b',
  });
  const missing = `[ERROR] 	Missing from summaryFile trusted checksum(s) [SHA-256] for artifact ${file}`;
  expect(refusedByMaven(missing)).toEqual({ file, expected: 'a SHA-256', found: 'none for this file' });
  expect(refusedByMaven('[ERROR] Unknown host')).toBeUndefined();
});
