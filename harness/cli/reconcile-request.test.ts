// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { OperatorError } from '#std/errors.ts';
import { hereWith, labAddresses } from '#testing/here.ts';
import { parseArguments } from './arguments.ts';
import { reconcileUsage } from './reconcile-options.ts';
import { reconcileSettings } from './reconcile-request.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-request-'));
  writeFileSync(join(folder, 'password'), 's3:cr/et@\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Secrets of Vault's by their paths. */
const SECRETS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'secret/database/shop': { host: 'db1', port: '1433', database: 'shop', username: 'app', password: 'p@ss' },
  'secret/database/target': { url: 'postgres://db2/copy', password: 'w' },
};
const vault = {
  async secret(path: string) {
    const found = SECRETS[path];
    if (found !== undefined) return found;
    throw new OperatorError({ code: 'vault-no-secret', message: path });
  },
};
const settings = (args: string, env: NodeJS.ProcessEnv = {}) =>
  reconcileSettings(
    parseArguments(reconcileUsage, args.split(' ')).options,
    { ...hereWith(env, labAddresses), vault },
    folder,
  );
async function requested(args: string, env: NodeJS.ProcessEnv = {}) {
  const { request, urls } = settings(args, env);
  return { ...request, ...(await urls(new AbortController().signal)) };
}
const BOTH = '--source postgres://u:p@h/a --target postgres://h:6543/b';

test('the defaults', async () => {
  expect(await requested(`${BOTH} --tables orders`)).toEqual({
    sourceUrl: 'postgres://u:p@h/a',
    targetUrl: 'postgres://h:6543/b',
    tables: [{ source: 'orders', target: 'orders', excludeColumns: [], mapColumns: {}, mapTypes: {} }],
    validateChecksums: false,
    ignoredPrefixes: ['_cdc_'],
    settleMs: 10_000,
    jobs: 2,
    details: 10,
    hashing: 'auto',
  });
});

test('databases of the live lab by name, its own sinks as well: they are only read', async () => {
  expect(await requested('--source lab:source --target lab:sink/lab_dedup --tables a')).toMatchObject({
    sourceUrl: 'postgresql://me:geheim@source-of-loader:5432/lab',
    targetUrl: 'postgresql://me:geheim@sink-of-loader:5432/lab_dedup',
  });
  expect(() => settings('--source lab:sink --target lab:sink/copy --tables a')).toThrow(
    /which database of the live lab's/,
  );
});

test('a connection piece by piece, its password from a file, the rest from the environment', async () => {
  const args =
    '--source-server db1:5433 --source-database shop --source-username app --source-password-file password --tables a';
  const env = {
    DRIFTLAB_TARGET_URL: 'postgres://db2/shop',
    DRIFTLAB_TARGET_USERNAME: 'me',
    DRIFTLAB_TARGET_PASSWORD: 'p w',
  };
  expect(await requested(args, env)).toMatchObject({
    sourceUrl: 'postgres://app:s3%3Acr%2Fet%40@db1:5433/shop',
    targetUrl: 'postgres://me:p%20w@db2/shop',
  });
});

test('a server of another engine than PostgreSQL is named by a URL, with parameters where it needs them', async () => {
  const args =
    '--source-server sqlserver://db1:1433/?trustServerCertificate=true --source-database my%shop --source-username app --source-password-file password --target-host mariadb://db2 --target-database b --tables a';
  expect(await requested(args)).toMatchObject({
    sourceUrl: 'sqlserver://app:s3%3Acr%2Fet%40@db1:1433/my%25shop?trustServerCertificate=true',
    targetUrl: 'mariadb://db2/b',
  });
});

test('an address, or a password, may be a reference: to the environment, to a file, to Vault', async () => {
  const args = '--source postgres://app:${env:WORD}@db1/shop --target ${env:URL} --tables a';
  expect(await requested(args, { WORD: 'p@ss', URL: 'mariadb://me:w@db2/copy' })).toMatchObject({
    sourceUrl: 'postgres://app:p%40ss@db1/shop',
    targetUrl: 'mariadb://me:w@db2/copy',
  });
  const pieces =
    '--source-server db1 --source-database shop --source-username app --target ${vault:secret/database/target}';
  expect(
    await requested(`${pieces} --source-password \${vault:secret/database/shop:password} --tables a`),
  ).toMatchObject({ sourceUrl: 'postgres://app:p%40ss@db1/shop', targetUrl: 'postgres://:w@db2/copy' });
  await expect(requested('--source postgres://${env:NONE}@h/a --target postgres://h/b --tables a')).rejects.toThrow(
    /refers to \$\{env:NONE\}/,
  );
});

test('what a reference stands for is read anew each time that the databases are worked with', async () => {
  let password = 'one';
  const changing = { secret: async () => ({ ...SECRETS['secret/database/shop'], password }) };
  const args = '--use-vault --source shop --target postgres://h/b --tables a'.split(' ');
  const here = { ...hereWith({}, labAddresses), vault: changing };
  const { urls } = reconcileSettings(parseArguments(reconcileUsage, args).options, here, folder);
  const { signal } = new AbortController();
  expect(await urls(signal)).toMatchObject({ sourceUrl: expect.stringContaining(':one@') });
  password = 'two';
  expect(await urls(signal)).toMatchObject({ sourceUrl: expect.stringContaining(':two@') });
});

test('with --use-vault databases are named as in Vault, by --source or by --source-database, or after their sides', async () => {
  const shop = 'sqlserver://app:p%40ss@db1:1433/shop';
  for (const named of ['--source shop', '--source-database shop'])
    expect(await requested(`--use-vault ${named} --tables a`)).toMatchObject({
      sourceUrl: shop,
      targetUrl: 'postgres://:w@db2/copy',
    });
  expect(await requested('--use-vault --source postgres://h/a --target shop --tables a')).toMatchObject({
    sourceUrl: 'postgres://h/a',
    targetUrl: shop,
  });
  await expect(requested('--use-vault --source none --tables a')).rejects.toMatchObject({ code: 'vault-no-secret' });
});

test('tables pair up in order, with mapped columns and types', () => {
  const { tables } = settings(
    `${BOTH} --source-tables dbo.a,dbo.b --target-tables a,b --map-columns x=y,z=w --map-types n=numeric(12,2),m=text`,
  ).request;
  expect(tables.map(({ source, target }) => [source, target])).toEqual([
    ['dbo.a', 'a'],
    ['dbo.b', 'b'],
  ]);
  expect(tables[0]).toMatchObject({ mapColumns: { x: 'y', z: 'w' }, mapTypes: { n: 'numeric(12,2)', m: 'text' } });
});

test('the config file has the same words, and the command line wins over it', async () => {
  writeFileSync(
    join(folder, 'c.json'),
    JSON.stringify({
      source: 'postgres://file/a',
      target: 'postgres://file/b',
      validate_checksums: true,
      settle: 3,
      jobs: 5,
      tables: [
        'a',
        { source: 'dbo.b', target: 'b', key: ['x'], exclude_columns: ['y'], where: 'z > 1', map_columns: { q: 'r' } },
      ],
    }),
  );
  expect(await requested('--config c.json --settle 0 --source postgres://line/a')).toMatchObject({
    sourceUrl: 'postgres://line/a',
    targetUrl: 'postgres://file/b',
    validateChecksums: true,
    settleMs: 0,
    jobs: 5,
    tables: [
      { source: 'a', target: 'a' },
      { source: 'dbo.b', target: 'b', key: ['x'], excludeColumns: ['y'], where: 'z > 1', mapColumns: { q: 'r' } },
    ],
  });
});

test.each([
  ['no tables', BOTH],
  ['no target', '--source postgres://h/a --tables a'],
  ['an address that is none', '--source h --target postgres://h/b --tables a'],
  ['unpaired tables', `${BOTH} --source-tables a,b --target-tables a`],
  ['columns both chosen and excluded', `${BOTH} --tables a --columns x --exclude-columns y`],
  ['repair without contents', `${BOTH} --tables a --repair-sql f`],
  ['a schedule without times', `${BOTH} --tables a --schedule --output-dir d`],
  ['a schedule with two', `${BOTH} --tables a --schedule --interval 5 --cron * --output-dir d`],
  ['a schedule without a folder', `${BOTH} --tables a --schedule --interval 5`],
  ['times without a schedule', `${BOTH} --tables a --interval 5`],
  ['a config file that is not there', `--config nowhere.json`],
  ['an unknown format', `${BOTH} --tables a --format xml`],
  ['a negative time', `${BOTH} --tables a --settle=-1`],
])('wrong usage: %s', (_, args) => {
  expect(() => settings(args)).toThrow(expect.objectContaining({ exit: 2 }));
});

test('no message shows what may hold a password', () => {
  expect(() => settings('--source //app:geheim@h --target postgres://h/b --tables a')).toThrow(
    expect.not.objectContaining({ found: expect.stringContaining('geheim') }),
  );
});

test.each([
  ['a,b.c', ['a', 'b.c']],
  ['"My Schema"."Order, Items",b', ['"My Schema"."Order, Items"', 'b']],
  ['"a""x,y",(b,c),d', ['"a""x,y"', '(b,c)', 'd']],
])('the list %s is split at commas outside of quotes and parentheses', (given, names) => {
  const { options } = parseArguments(reconcileUsage, ['--tables', given]);
  expect(options.tables).toEqual(names);
});

test.each(['a,,b', ',a', 'a,'])('the list %s holds an empty name, and is refused', (given) => {
  expect(() => parseArguments(reconcileUsage, ['--tables', given])).toThrow(/--tables cannot be/);
});

test('tables of the config file that are no list are refused', () => {
  writeFileSync(join(folder, 'text.json'), '{"tables": "orders"}');
  expect(() => settings(`${BOTH} --config text.json`)).toThrow(
    expect.objectContaining({ expected: expect.stringContaining('tables is a list') }),
  );
});
