import { expect, test } from 'vitest';
import { CAUSES } from './index.ts';

test('a cause has a code of its own, and a page of the documentation', () => {
  const codes = CAUSES.map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
  for (const { code, docs, title } of CAUSES) {
    expect(code).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(docs).toMatch(/^https:\/\//);
    expect(title).toMatch(/\.$/);
  }
});
