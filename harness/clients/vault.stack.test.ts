import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createPlainServer } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePorts } from '#std/free-port.ts';
import { CERTIFICATE, CERTIFICATE_KEY } from '#testing/tds/certificate.ts';
import { openVaultBench, type VaultBench, vaultHere } from '#testing/vault/bench.ts';
import { openVault } from './vault.ts';

const SHOP = { username: 'app', password: 'p@ss"wörd', port: 5432 };
const TEXTS = { ...SHOP, port: '5432' };

let bench: VaultBench;
beforeAll(async () => {
  bench = await openVaultBench('client', { 'secret/database/shop': SHOP, 'old/database/shop': SHOP });
});
afterAll(() => bench?.[Symbol.asyncDispose]());

/** What a read in an environment throws. */
async function refusal(env: NodeJS.ProcessEnv, path = 'secret/database/shop') {
  using vault = openVault(env);
  const error = await vault.secret(path).catch((thrown: unknown) => thrown);
  return error;
}

describe(`with ${vaultHere}`, () => {
  test('a secret of either version of KV is read by its path, with a token', async () => {
    using vault = openVault(await bench.scene('token'));
    expect(await vault.secret('secret/database/shop')).toEqual(TEXTS);
    expect(await vault.secret('/old/database/shop/')).toEqual(TEXTS);
  });

  test('AppRole logs in, and again where its token has ended', async () => {
    using vault = openVault(await bench.scene('AppRole'));
    expect(await vault.secret('secret/database/shop')).toEqual(TEXTS);
    await bench.happens('tokens end');
    expect(await vault.secret('secret/database/shop')).toEqual(TEXTS);
  });

  test('a token that may be renewed is, at two thirds of its time', async () => {
    const waits: number[] = [];
    const waiting: (() => void)[] = [];
    const woken = Promise.withResolvers<void>();
    const later = (ms: number, act: () => void) => {
      if (waits.push(ms) === 2) woken.resolve();
      waiting.push(act);
      return () => {};
    };
    using vault = openVault(await bench.scene('a renewable token'), { later });
    await vault.secret('secret/database/shop');
    waiting[0]?.();
    await woken.promise;
    // What is left of a minute is told in whole seconds.
    expect(waits.map((ms) => Math.round(ms / 4000))).toEqual([10, 10]);
  });

  test('a token that has ended is told from one that may not read', async () => {
    const ended = await bench.scene('a token that has ended');
    expect(await refusal(ended)).toMatchObject({
      code: 'vault-token',
      exit: 1,
      found: expect.stringMatching(/^HTTP 403/),
    });
    const token = await bench.scene('token');
    expect(await refusal(token, 'secret/elsewhere')).toMatchObject({
      code: 'vault-forbidden',
      expected: expect.stringContaining('path "secret/data/elsewhere" { capabilities = ["read"] }'),
    });
    expect(await refusal(token, 'nowhere/database/shop')).toMatchObject({ code: 'vault-forbidden' });
  });

  test('a path without a secret, one that was deleted and one of another engine are told apart', async () => {
    const env = await bench.scene('token');
    expect(await refusal(env, 'secret/database/none')).toMatchObject({
      code: 'vault-no-secret',
      message: 'Vault has no secret secret/database/none',
      hint: expect.stringContaining('vault kv list secret/database'),
    });
    expect(await refusal(env, 'secret/database/gone')).toMatchObject({
      code: 'vault-no-secret',
      message: 'the secret secret/database/gone was deleted from Vault',
    });
    expect(await refusal(env, 'cubbyhole/shop')).toMatchObject({
      code: 'vault-not-kv',
      found: expect.stringContaining('cubbyhole'),
    });
  });

  test('a sealed server says so, with how many keys it has', async () => {
    expect(await refusal(await bench.scene('sealed'))).toMatchObject({
      code: 'vault-sealed',
      exit: 1,
      found: 'sealed, with 0 of 1 keys given',
      hint: expect.stringContaining('vault operator unseal'),
    });
  });

  test('a login that AppRole refuses is no token that has ended', async () => {
    const env = await bench.scene('AppRole');
    expect(await refusal({ ...env, VAULT_SECRET_ID: 'none' })).toMatchObject({ code: 'vault-approle' });
  });
});

test('what the environment lacks is said before any server is asked', async () => {
  const home = mkdtempSync(join(tmpdir(), 'driftlab-vault-'));
  const at = { VAULT_ADDR: 'http://127.0.0.1:1', HOME: home };
  try {
    expect(await refusal({})).toMatchObject({
      code: 'vault-setting',
      exit: 2,
      message: expect.stringContaining('VAULT_ADDR'),
    });
    expect(await refusal({ VAULT_ADDR: 'vault:8200' })).toMatchObject({
      code: 'vault-setting',
      found: 'no http or https URL',
    });
    expect(await refusal(at)).toMatchObject({
      code: 'vault-setting',
      expected: expect.stringContaining('VAULT_TOKEN'),
    });
    expect(await refusal({ ...at, VAULT_ROLE_ID: 'x' })).toMatchObject({
      code: 'vault-setting',
      found: 'only VAULT_ROLE_ID',
    });
    expect(await refusal({ ...at, VAULT_CACERT: join(home, 'none') })).toMatchObject({
      message: 'VAULT_CACERT cannot be read',
    });
    // With what `vault login` has left, the server is asked.
    writeFileSync(join(home, '.vault-token'), 'one\n');
    expect(await refusal(at)).toMatchObject({ code: 'vault-away' });
  } finally {
    rmSync(home, { recursive: true });
  }
});

test('a server that wants TLS is told by what Go answers then', async () => {
  const server = createPlainServer((_, response) => {
    response.writeHead(400).end('Client sent an HTTP request to an HTTPS server.\n');
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    expect(await refusal({ VAULT_TOKEN: 'x', VAULT_ADDR: address })).toMatchObject({
      ...{ code: 'vault-tls', message: 'Vault wants TLS', found: address },
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('no server, and one with a certificate of nobody known, are told apart', async () => {
  const [port] = await freePorts(1);
  const token = { VAULT_TOKEN: 'x' };
  expect(await refusal({ ...token, VAULT_ADDR: `http://127.0.0.1:${port}` })).toMatchObject({
    code: 'vault-away',
    exit: 1,
  });
  const folder = mkdtempSync(join(tmpdir(), 'driftlab-vault-'));
  const ca = join(folder, 'ca.pem');
  writeFileSync(ca, CERTIFICATE);
  const server = createServer({ cert: CERTIFICATE, key: CERTIFICATE_KEY }, (request, response) => {
    const known = request.headers['x-vault-namespace'] === 'team' && request.headers['x-vault-token'] === 'x';
    response.writeHead(known ? 404 : 500).end(JSON.stringify({ errors: [] }));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const at = { ...token, VAULT_ADDR: `https://127.0.0.1:${(server.address() as AddressInfo).port}` };
  try {
    expect(await refusal(at)).toMatchObject({
      code: 'vault-tls',
      found: expect.stringContaining('SELF_SIGNED'),
      hint: expect.stringContaining('VAULT_CACERT'),
    });
    expect(await refusal({ ...at, VAULT_CACERT: ca, VAULT_NAMESPACE: 'team' })).toMatchObject({
      code: 'vault-refused',
      found: 'HTTP 404',
    });
  } finally {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  }
});
