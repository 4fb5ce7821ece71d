import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '#setup/layout.mjs';
import { labCommands } from './commands.ts';

const root = readFileSync(join(ROOT, 'Makefile'), 'utf8');
const scenario = readFileSync(join(ROOT, 'scenarios', '01-canonical-reference', 'Makefile'), 'utf8');

/** What the live lab is driven with; `watch` is a command of the screen's. */
const TARGETS =
  'up down reset clean watch status logs connector-status lag trigger source-shell sink-shell kafka-topics kafka-consume';

/** The recipe of a target of the root's Makefile. */
function recipeOf(target: string): string {
  const match = new RegExp(`^${target}: ## .+\\n\\t(.+)$`, 'm').exec(root);
  return (match?.[1] ?? '').replace('$@', target);
}

test.each(TARGETS.split(' '))('make %s is a thin call of the command of its name', (target) => {
  expect(recipeOf(target)).toMatch(new RegExp(`^@\\$\\(DRIFTLAB\\) ${target}( \\$\\(.*\\))?$`));
});

test('every failure mode is a target, from both folders', () => {
  expect(root).toMatch(/^trigger-%: ## .+\n\t@\$\(DRIFTLAB\) \$@ \$\(FAULT\)$/m);
  expect(scenario).toMatch(/^trigger-%:\n\t@\$\(MAKE\) --no-print-directory -C \.\.\/\.\. \$@$/m);
});

test('every command of the lab has a target, and the scenario’s folder has them all', () => {
  const commands = Object.entries(labCommands(() => Promise.reject(new Error('not to be run'))))
    .filter(([, { hidden }]) => hidden !== true)
    .map(([name]) => name);
  const targets = TARGETS.split(' ');
  expect(targets).toEqual(expect.arrayContaining(commands));
  const listed = /^TARGETS := ((?:.*\\\n)*.*)$/m.exec(scenario)?.[1]?.split(/[\s\\]+/) ?? [];
  expect(listed).toEqual(expect.arrayContaining(targets));
});
