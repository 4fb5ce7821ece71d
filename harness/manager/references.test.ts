// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { expect, test } from 'vitest';
import { OperatorError } from '#std/errors.ts';
import { hereWith } from '#testing/here.ts';
import { addressInVault, resolveAddress } from './references.ts';

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

const SECRET = { host: 'db1', database: 'shop', username: 'app', password: 'p@ss' };
const vaulted = new Map<string, typeof SECRET | OperatorError>([
  ['secret/database/shop', SECRET],
  ['secret/database/gone', new OperatorError({ code: 'vault-sealed', message: 'Vault is sealed' })],
]);

test('a secret of Vault is a password by its key, and a whole address without one', () => {
  const here = { ...hereWith({}), vaulted };
  const address = 'postgres://app:${vault:secret/database/shop:password}@db1/shop';
  expect(resolveAddress('source', address, here)).toEqual({
    url: 'postgres://app:p%40ss@db1/shop',
    secrets: ['p@ss', 'p%40ss'],
  });
  expect(resolveAddress('source', '${vault:secret/database/shop}', here)).toEqual({
    url: 'postgres://app:p%40ss@db1/shop',
    secrets: ['p%40ss', 'p@ss'],
  });
});

test('why Vault does not give a secret, or which keys it has, is the error', () => {
  const here = { ...hereWith({}), vaulted };
  const resolve = (reference: string) => () => resolveAddress('source', `postgres://app:${reference}@db/shop`, here);
  expect(resolve('${vault:secret/database/gone:password}')).toThrow('Vault is sealed');
  expect(resolve('${vault:secret/database/shop:pass}')).toThrow(
    expect.objectContaining({ code: 'vault-no-key', expected: 'one of host, database, username, password' }),
  );
  expect(resolve('${vault:secret/database/shop}')).toThrow(expect.objectContaining({ code: 'unresolved-reference' }));
});

test('a name is a database of Vault, and an address stays what it is', () => {
  expect(addressInVault('source', 'eu/shop')).toBe('${vault:secret/database/eu/shop}');
  expect(addressInVault('target', undefined)).toBe('${vault:secret/database/target}');
  for (const given of ['postgres://db/shop', '${env:URL}', 'lab:source', '/'])
    expect(addressInVault('source', given)).toBe(given);
});
