import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { causesPage } from '../page.ts';
import { CAUSES } from './index.ts';

const read = (file: string): string => readFileSync(join(import.meta.dirname, file), 'utf8');

test('a cause has a code of its own, and a page of the documentation', () => {
  const codes = CAUSES.map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
  for (const { code, docs, title } of CAUSES) {
    expect(code).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(docs).toMatch(/^https:\/\//);
    expect(title).toMatch(/\.$/);
  }
});

test('every file of the table has plantings of all its causes, so none is without one', () => {
  const files = readdirSync(import.meta.dirname).filter((one) => !/(^index|\.test)\.ts$/.test(one));
  const lists = files.map((file) => /export const ([A-Z_]+): readonly CauseEntry\[\]/.exec(read(file))?.[1]);
  expect(
    read('index.ts')
      .match(/\.\.\.[A-Z_]+/g)
      ?.sort(),
  ).toEqual(lists.map((list) => `...${list}`).sort());
  for (const [place, file] of files.entries())
    expect(read(file.replace('.ts', '.test.ts')), file).toContain(`testPlantings(${lists[place]}, {`);
});

test('docs/causes.md is the table as it is: after a change of it, run npm run driftlab -- dev causes', () => {
  expect(read('../../../docs/causes.md')).toBe(causesPage(CAUSES));
});
