import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { madeBy, statementLiterals } from '#testing/tsql/literals.ts';
import { statements } from './statements.fixture.ts';

const FOLDER = import.meta.dirname;

test('the statements are those that the parser is given', async () => {
  const text = Object.entries(await statements())
    .map(([name, batches]) => `-- ${name}\n${batches.join('\nGO\n')}\nGO\n`)
    .join('\n');
  await expect(text).toMatchFileSnapshot('fixtures/statements.sql');
});

test('every text of this folder that begins a statement is part of one that was recorded', async () => {
  const recorded = Object.values(await statements()).flat();
  // What a refusal advises is prose with statements in it, and nothing that the engine runs.
  const files = globSync('**/*.ts', { cwd: FOLDER }).filter(
    (file) => !/\.(test|fixture)\.ts$/.test(file) && file !== 'refusal.ts',
  );
  const literals = files.flatMap((file) =>
    statementLiterals(readFileSync(join(FOLDER, file), 'utf8')).map((literal) => ({ file, ...literal })),
  );
  expect(literals.length).toBeGreaterThan(40);
  const missing = literals
    .filter((literal) => !recorded.some((sql) => madeBy(literal).test(sql)))
    .map(({ file, line, parts }) => `${file}:${line} ${parts.join('…').slice(0, 60)}`);
  expect(missing).toEqual([]);
});
