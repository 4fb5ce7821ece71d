import { describe, expect, test } from 'vitest';
import { readYaml } from './yaml.ts';

const keys = (count: number): string => Array.from({ length: count }, (_, n) => `k${n}: 1`).join('\n');

/** Each level has nine times what the one before has. */
const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]']
  .concat([...'bcdefghij'].map((name, n) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghij'[n]}`).join(', ')}]`))
  .join('\n');

test.each([
  ['an alias of nothing', 'a: *x', 'f.yaml:1:4: this is no YAML that can be read: the alias *x has no anchor'],
  ['an alias of what comes later', 'a: *b\nb: &b 1', 'the alias *b has no anchor'],
  ['a cycle in a list', 'a: &a [*a]', 'f.yaml:1:8: this is no YAML that can be read: the alias *a refers to what it'],
  ['a cycle in a mapping', 'a: &a\n  b: *a', 'f.yaml:2:6: '],
  ['aliases that multiply', bomb, 'Excessive alias count'],
  ['aliases without end', `a: &a x\nb: [${Array(50_000).fill('*a').join(',')}]`, 'more than 1000 aliases'],
  ['200,000 keys', keys(200_000), 'more than 256 Ki characters'],
  ['a key that stands twice', 'a: 1\nb: 2\n"a": 3', 'f.yaml:3:1: this is no YAML that can be read: the key a stands'],
  [
    'a merge that stands twice',
    'a: &a {x: 1}\nb: {<<: *a, <<: *a}',
    'f.yaml:2:13: this is no YAML that can be read: the key << ',
  ],
  ['brackets without end', '['.repeat(50_000), 'nested more than 100 levels deep'],
  ['dashes without end', `${'- '.repeat(5000)}a`, 'nested more than 100 levels deep'],
  ['an open bracket', 'a: [b', 'f.yaml:1:6: '],
])('%s is one error', (_, text, words) => {
  expect(() => readYaml(text, 'f.yaml')).toThrow(
    expect.objectContaining({ code: 'yaml-error', exit: 2, message: expect.stringContaining(words) }),
  );
});

describe('what is sound', () => {
  test('aliases and merged mappings are what they stand for', () => {
    const [document] = readYaml('base: &b { x: 1 }\nmore:\n  <<: *b\n  y: 2', 'f.yaml');
    expect(document?.value).toEqual({ base: { x: 1 }, more: { x: 1, y: 2 } });
  });

  test('several documents each know their lines', () => {
    const documents = readYaml('a: 1\n---\nb:\n  c: 2\n', 'f.yaml');
    expect(documents.map(({ value }) => value)).toEqual([{ a: 1 }, { b: { c: 2 } }]);
    expect(documents[1]?.lineOf(['b', 'c'])).toBe(4);
    expect(documents[1]?.lineOf(['b', 'nowhere'])).toBe(3);
  });
});
