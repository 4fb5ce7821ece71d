// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectClient } from '#clients/connect.ts';
import { definitionOf } from '#manager/definition.ts';
import { openHere } from '#manager/here.ts';
import { startPipeline } from '#manager/start.ts';
import { openStore } from '#manager/state/store.ts';
import { removePipeline } from '#manager/stop.ts';
import { explain, OperatorError } from '#std/errors.ts';
import { type CdcBench, startCdcBench } from '#testing/cdc-bench.ts';
import { testHost } from '#testing/cli-host.ts';
import { labAddresses } from '#testing/here.ts';
import { runPipeline } from '#testing/pipelines.ts';
import { openVaultBench, type VaultBench, vaultHere } from '#testing/vault/bench.ts';
import { connectorsCommand } from './connectors/command.ts';
import { reconcileCommand } from './reconcile.ts';

let bench: CdcBench;
let vault: VaultBench;
let folder: string;
let passwords: readonly string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-secrets-'));
  bench = await startCdcBench(folder);
  const [own, copy] = [bench.stack.source, bench.stack.sink].map(({ host, port, user, password }) => ({
    ...{ host, port, username: user, password },
  }));
  vault = await openVaultBench('commands', {
    'secret/database/own': { ...own, database: 'own' },
    'secret/database/copy': { ...copy, database: 'copy' },
    'secret/database/half': { username: 'app' },
  });
  passwords = [bench.stack.source.password, bench.stack.sink.password];
  await bench.source.query(`CREATE TABLE items (id int PRIMARY KEY, note text);
    INSERT INTO items SELECT i, 'n' FROM generate_series(1, 100) AS i`);
}, 120_000);
afterAll(async () => {
  await vault?.[Symbol.asyncDispose]();
  await bench?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

type Environment = Readonly<Record<string, string>>;

/** Runs a command, and sees that it shows no password. */
async function run(env: Environment, command: 'pipeline' | 'reconcile' | 'connectors', ...args: readonly string[]) {
  const world = { ...bench.env, ...env };
  const host = { ...testHost(folder, () => Promise.reject(new Error('not to be run'))), env: world, cwd: folder };
  const run = { reconcile: reconcileCommand, connectors: connectorsCommand };
  const ran =
    command === 'pipeline'
      ? await runPipeline(folder, world, ...args)
      : await run[command](args, host)
          .catch((error: unknown) => {
            if (!(error instanceof OperatorError)) throw error;
            host.err.push(explain(error));
            return error.exit;
          })
          .then((status) => ({ status, out: host.out.join(''), err: host.err.join('') }));
  for (const password of passwords) expect(ran.out + ran.err).not.toContain(password);
  return ran;
}

const create = async (env: Environment, name: string, ...more: readonly string[]) => {
  const servers = ['--connect', '${env:C1}', '--sink-connect', '${env:C2}', '--brokers', bench.stack.brokers.join(',')];
  return run(env, 'pipeline', 'create', name, '--tables', 'items', ...servers, ...more);
};

/** What somebody who may see the configurations of the workers' connectors sees. */
async function configurations(): Promise<string> {
  const groups = [bench.stack.workers.source, bench.stack.workers.sink];
  const clients = groups.map(({ urls, access: { authorization } }) =>
    connectClient({ urls, access: authorization === undefined ? {} : { authorization } }),
  );
  const all = clients.map(async (client) => {
    const names = await client.names();
    return Promise.all(names.map((name) => client.config(name)));
  });
  return JSON.stringify(await Promise.all(all));
}

/** References that the workers resolve themselves, by their own config provider. */
async function referencesAt(end: 'source' | 'sink', password: string): Promise<string> {
  const kept = await bench.stack.workers[end].access.conceal?.('by-hand', { [`${end}.password`]: password });
  return kept?.[`${end}.password`] ?? '';
}

describe(`with ${vaultHere}`, () => {
  test('a pipeline between databases of Vault runs, and no password is in its state or at Connect', async () => {
    const env = await vault.scene('AppRole');
    const { source, sink } = bench.stack;
    const references = [
      ...['--source-connect-password', await referencesAt('source', source.password)],
      ...['--target-connect-password', await referencesAt('sink', sink.password)],
    ];
    expect(
      await create(env, 'shop', '--use-vault', '--source', 'own', '--target', 'copy', ...references),
    ).toMatchObject({ status: 0 });
    expect(await run(env, 'pipeline', 'start', 'shop')).toMatchObject({ status: 0, err: '' });
    await bench.source.query("INSERT INTO items VALUES (101, 'later')");
    expect(await bench.converged('items')).toEqual(['items MATCH 101']);
    const state = JSON.stringify([
      await bench.state.query('SELECT * FROM pipelines'),
      await bench.state.query('SELECT * FROM pipeline_definitions'),
    ]);
    expect(state).toContain('${vault:secret/database/own}');
    const shown = `${state}${await configurations()}`;
    expect(shown).toContain('"connection.password":"${');
    for (const password of passwords) expect(shown).not.toContain(password);
    expect(await run(env, 'pipeline', 'delete', 'shop')).toMatchObject({ status: 0 });
  });

  test("on the live lab's workers a database of somebody's own is captured without its password at Connect", async () => {
    const env = await vault.scene('token');
    const { brokers, workers, source, sink } = bench.stack;
    const shared = (end: 'source' | 'sink') => {
      const { urls, access } = workers[end];
      const { authorization = '', secrets } = access;
      return { urls, authorization, brokers, databases: { source, sink }, ...(secrets && { secrets }) };
    };
    const lab = {
      ...labAddresses,
      brokers,
      shared: { databases: { source, sink }, workers: { source: shared('source'), sink: shared('sink') } },
    };
    using here = openHere({ ...bench.env, ...env }, () => lab);
    await using store = await openStore(bench.state.url);
    const ends = { source: '${vault:secret/database/own}', target: '${vault:secret/database/copy}' };
    await store.create(definitionOf({ name: 'on-lab', ...ends, tables: ['items'], mode: 'cdc_only', connect: 'lab' }));
    await using held = await store.hold('on-lab');
    const options = { ...here, jobs: 1, say: () => {}, signal: new AbortController().signal };
    expect((await startPipeline(held, options)).row.status).toBe('RUNNING');
    await bench.source.query("INSERT INTO items VALUES (102, 'by the lab')");
    expect(await bench.converged('items')).toEqual(['items MATCH 102']);
    const shown = await configurations();
    expect(shown).toContain('"database.password":"${driftlab:');
    for (const password of passwords) expect(shown).not.toContain(password);
    await removePipeline(held, options);
  });

  test('reconcile compares databases of Vault', async () => {
    const env = await vault.scene('token');
    const args = ['--use-vault', '--source', 'own', '--target', 'copy', '--tables', 'items', '--format', 'json'];
    const { status, out } = await run(env, 'reconcile', ...args);
    expect({ status, ...(JSON.parse(out) as object) }).toMatchObject({ status: 'PASS', target_total_rows: 102 });
  });

  test('a connector is deployed with what Vault has, which is not shown', async () => {
    const env = await vault.scene('token');
    const { host, port } = bench.stack.sink;
    const config = {
      'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
      ...{ 'connection.url': `jdbc:postgresql://${host}:${port}/copy`, topics: 'nothing' },
      'connection.username': '${vault:secret/database/copy:username}',
      'connection.password': '${vault:secret/database/copy:password}',
      ...{ 'primary.key.mode': 'record_key', 'insert.mode': 'upsert', 'schema.evolution': 'basic' },
    };
    writeFileSync(join(folder, 'sink.json'), JSON.stringify({ name: 'by-hand', config }));
    const deploy = ['deploy', 'sink.json', '--use-vault', '--watch', '1', '--connect', '${env:C2}'];
    const { status, out } = await run(env, 'connectors', ...deploy);
    expect(status).toBe(0);
    expect(out).toContain('+ connection.username=(hidden)');
    expect(out).toContain(
      'warning: whoever may read the configuration of by-hand at Connect may read connection.username',
    );
    expect(out).toMatch(/by-hand: RUNNING\n$/);
    expect((await run(env, 'connectors', 'config', 'by-hand', '--connect', '${env:C2}')).out).toContain(
      'connection.password=(hidden)',
    );
  });

  /** What is wrong, the scene, the source that is named, and the one error. */
  const REFUSALS = [
    ['a sealed server', 'sealed', 'own', 'Vault is sealed'],
    ['a token that has ended', 'a token that has ended', 'own', 'Vault does not take the token'],
    ['a path without a secret', 'token', 'nowhere', 'Vault has no secret secret/database/nowhere'],
    ['a secret that lacks keys', 'token', 'half', 'does not say where its database is'],
  ] as const;

  test.each(REFUSALS)('%s is one error of each command', async (_, scene, source, words) => {
    const env = await vault.scene(scene);
    const ends = ['--use-vault', '--source', source, '--target', 'copy'];
    const name = source === 'own' ? scene.replaceAll(' ', '-') : source;
    expect(await run(env, 'reconcile', ...ends, '--tables', 'items')).toMatchObject({
      ...{ status: 1, out: '' },
      err: expect.stringMatching(new RegExp(`^error: .*${words}.*\\n {2}expected: .+\\n {2}found: .+\\n {2}do: .+$`)),
    });
    await create(env, name, ...ends);
    expect(await run(env, 'pipeline', 'start', name)).toMatchObject({
      status: 1,
      err: expect.stringMatching(new RegExp(`^error: .*${words}`)),
    });
    const row = await bench.row(name);
    expect(row).toMatchObject({ status: 'ERROR', last_error: expect.stringContaining(words) });
    expect(await run(env, 'pipeline', 'diagnose', name)).toMatchObject({
      status: 1,
      out: expect.stringMatching(new RegExp(`1\\. Vault does not give .*\\(reference-vault\\)[\\s\\S]*${words}`)),
    });
  });
});

test('the key of a secret that lacks it is named with those that it has', async () => {
  const env = await vault.scene('token');
  const source = 'postgres://app:${vault:secret/database/half:password}@localhost/own';
  const { err } = await run(env, 'reconcile', '--source', source, '--target', '${env:TARGET}', '--tables', 'items');
  expect(err).toContain('error: the secret secret/database/half has no key "password"');
  expect(err).toContain('expected: one of username');
});
