import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { labAddresses } from '#testing/here.ts';
import { parseArguments } from './arguments.ts';
import { reconcileUsage } from './reconcile-options.ts';
import { reconcileSettings } from './reconcile-request.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-request-'));
  writeFileSync(join(folder, 'password'), 's3:cr/et@\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

const settings = (args: string, env: NodeJS.ProcessEnv = {}) =>
  reconcileSettings(parseArguments(reconcileUsage, args.split(' ')).options, env, folder, () => labAddresses);
const BOTH = '--source postgres://u:p@h/a --target postgres://h:6543/b';

test('the defaults', () => {
  expect(settings(`${BOTH} --tables orders`).request).toEqual({
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

test('databases of the live lab by name, its own sinks as well: they are only read', () => {
  expect(settings('--source lab:source --target lab:sink/lab_dedup --tables a').request).toMatchObject({
    sourceUrl: 'postgresql://me:geheim@source-of-loader:5432/lab',
    targetUrl: 'postgresql://me:geheim@sink-of-loader:5432/lab_dedup',
  });
  expect(() => settings('--source lab:sink --target lab:sink/copy --tables a')).toThrow(
    /which database of the live lab's/,
  );
});

test('a connection piece by piece, its password from a file, the rest from the environment', () => {
  const args =
    '--source-server db1:5433 --source-database shop --source-username app --source-password-file password --tables a';
  const env = {
    DRIFTLAB_TARGET_URL: 'postgres://db2/shop',
    DRIFTLAB_TARGET_USERNAME: 'me',
    DRIFTLAB_TARGET_PASSWORD: 'p w',
  };
  expect(settings(args, env).request).toMatchObject({
    sourceUrl: 'postgres://app:s3%3Acr%2Fet%40@db1:5433/shop',
    targetUrl: 'postgres://me:p%20w@db2/shop',
  });
});

test('a server of another engine than PostgreSQL is named by a URL, with parameters where it needs them', () => {
  const args =
    '--source-server sqlserver://db1:1433/?trustServerCertificate=true --source-database my%shop --source-username app --source-password-file password --target-host mariadb://db2 --target-database b --tables a';
  expect(settings(args).request).toMatchObject({
    sourceUrl: 'sqlserver://app:s3%3Acr%2Fet%40@db1:1433/my%25shop?trustServerCertificate=true',
    targetUrl: 'mariadb://db2/b',
  });
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

test('the config file has the same words, and the command line wins over it', () => {
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
  expect(settings('--config c.json --settle 0 --source postgres://line/a').request).toMatchObject({
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
