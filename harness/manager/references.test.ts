// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { expect, test } from 'vitest';
import { hereWith } from '#testing/here.ts';
import { resolveAddress } from './references.ts';

test('a reference inside a URL is encoded, one that is the whole of it is the URL; both tell what is secret', () => {
  expect(resolveAddress('source', 'postgres://app:${env:A}@db/shop', hereWith({ A: 'p@ss/w' }))).toEqual({
    url: 'postgres://app:p%40ss%2Fw@db/shop',
    secrets: ['p@ss/w', 'p%40ss%2Fw'],
  });
  expect(resolveAddress('target', '${env:URL}', hereWith({ URL: 'postgres://app:p%40ss@db/shop' }))).toEqual({
    url: 'postgres://app:p%40ss@db/shop',
    secrets: ['p%40ss', 'p@ss'],
  });
  expect(resolveAddress('source', 'postgres://app@db/shop', hereWith({}))).toEqual({
    url: 'postgres://app@db/shop',
    secrets: [],
  });
});

test('a reference that stands for nothing is named; what stands for no URL is not shown', () => {
  expect(() => resolveAddress('source', 'postgres://app:${env:NONE}@db/shop', hereWith({}))).toThrow(
    /refers to \$\{env:NONE\}/,
  );
  expect(() => resolveAddress('target', '${env:URL}', hereWith({ URL: 'geheim' }))).toThrow(/make[s]? no URL/);
});
