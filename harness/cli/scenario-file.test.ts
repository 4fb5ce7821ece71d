import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isScenarioFile, loadScenarioFile } from './scenario-file.ts';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'driftlab-scenario-')));
});
afterEach(() => rmSync(folder, { recursive: true }));

const scenario = (id: string): string => `{ id: '${id}', aliases: [], workload: {}, variants: {}, modes: [{}] }`;

function load(text: string): ReturnType<typeof loadScenarioFile> {
  writeFileSync(join(folder, 'own.mjs'), text);
  return loadScenarioFile('own.mjs', folder);
}

test('a word with the extension of a module means a file', () => {
  expect(['own.ts', './own.mjs', 'a/own.js'].every(isScenarioFile)).toBe(true);
  expect(['canonical', '01-canonical-reference', 'own.yaml'].some(isScenarioFile)).toBe(false);
});

test('the scenario of a file is its default export, or else the only one', async () => {
  const text = `export const one = ${scenario('one')}; export const words = ['x'];`;
  expect((await load(text)).id).toBe('one');
});

test('the default export comes before all others', async () => {
  const text = `export const one = ${scenario('one')}; export default ${scenario('two')};`;
  expect((await load(text)).id).toBe('two');
});

test.each([
  ['exports none', 'export const words = [];', /exports no scenario/],
  ['exports several', `export const a = ${scenario('a')}, b = ${scenario('b')};`, /exports several scenarios/],
  ['does not compile', 'export const = 1;', /cannot be loaded/],
  ['throws', 'throw new Error("no");', /cannot be loaded/],
])('a file that %s is refused as wrong usage', async (_, text, message) => {
  await expect(load(text)).rejects.toMatchObject({
    code: 'scenario-file',
    message: expect.stringMatching(message),
    exit: 2,
  });
});

test('so is one that is not there', async () => {
  await expect(loadScenarioFile('own.ts', folder)).rejects.toMatchObject({ code: 'scenario-file', exit: 2 });
});
