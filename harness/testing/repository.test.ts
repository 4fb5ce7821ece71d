import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '#setup/layout.mjs';
import { ciExamples, githubSteps } from './ci-docs.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

describe('docs/ci.md', () => {
  const { github, runs } = ciExamples();

  test('both examples set the lab up and run the pipeline with the same commands', () => {
    const commands = ['npm ci', 'npx driftlab setup', 'npx driftlab test my-pipeline.yaml'];
    expect(runs.github).toEqual(expect.arrayContaining(commands));
    expect(runs.gitlab).toEqual(expect.arrayContaining(commands));
  });

  test.each(Object.entries(runs))('what the example for %s runs is a shell’s', (_, scripts) => {
    for (const script of scripts) execFileSync('bash', ['-n'], { input: script.replaceAll(/\$\{\{.*?\}\}/g, 'x') });
  });

  test('the hosted workflow uses the versions of actions that the example does', () => {
    const uses = (text: string) => githubSteps(text).flatMap((step) => step.uses ?? []);
    expect(uses(read('.github/workflows/ci.yml'))).toEqual(uses(github));
  });
});

test('the hosted workflow runs what CI runs', () => {
  const steps = githubSteps(read('.github/workflows/ci.yml'));
  expect(steps.flatMap(({ run }) => run ?? [])).toEqual(['bash .ci/run']);
});

test('the licence is the one that package.json declares', () => {
  expect(JSON.parse(read('package.json')).license).toBe('Apache-2.0');
  expect(read('LICENSE')).toMatch(/Apache License\s+Version 2\.0, January 2004/);
});

test('an editor formats as biome does', () => {
  const { formatter } = JSON.parse(read('biome.json')) as { formatter: Record<string, unknown> };
  const all = Object.fromEntries(
    [...read('.editorconfig').matchAll(/^(\w+) = (.+)$/gm)].map(([, name, value]) => [name, value]).slice(0, -1),
  );
  expect(all).toMatchObject({
    indent_style: formatter.indentStyle,
    indent_size: String(formatter.indentWidth),
    max_line_length: String(formatter.lineWidth),
  });
});
