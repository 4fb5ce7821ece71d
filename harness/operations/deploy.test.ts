// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { expect, test } from 'vitest';
import type { ConnectClient } from '#clients/connect.ts';
import { changesBetween, planDeployment, scaleWarning, withSecrets } from './deploy.ts';

test('a difference names each property once, in order, and no secret', () => {
  const from = { 'tasks.max': '1', topics: 'a', 'connection.password': 'one', name: 'x', same: 's' };
  const to = { 'tasks.max': '3', 'connection.password': 'two', name: 'y', same: 's', added: 'a' };
  const changes = changesBetween(from, to);
  expect(changes).toEqual([
    { property: 'added', to: 'a' },
    { property: 'connection.password', from: '(hidden)', to: '(hidden)' },
    { property: 'tasks.max', from: '1', to: '3' },
    { property: 'topics', from: 'a' },
  ]);
  expect(changesBetween(to, { ...to })).toEqual([]);
});

test('what Vault has is put in its place, other references stay, and it is shown nowhere', async () => {
  const signal = new AbortController().signal;
  const vault = { secret: async (path: string) => ({ word: `geheim of ${path}` }) };
  const written = { 'connector.class': 'a.B', plain: '${vault:secret/database/shop:word}', other: '${file:/etc/a:b}' };
  const { config, secret } = await withSecrets(written, vault, signal);
  expect(config).toEqual({ ...written, plain: 'geheim of secret/database/shop' });
  expect([...secret]).toEqual(['plain']);
  const against = [{ property: 'plain', message: `${config.plain} is too short` }];
  const client = {
    plugins: async () => ['a.B'],
    validate: async () => against,
    config: async () => ({ plain: 'before' }),
  } as unknown as ConnectClient;
  await expect(planDeployment(client, { name: 'shop', config, secret }, signal)).rejects.toMatchObject({
    found: 'plain: (hidden) is too short',
  });
  expect(changesBetween({ plain: 'before' }, { plain: 'geheim' }, secret)).toEqual([
    { property: 'plain', from: '(hidden)', to: '(hidden)' },
  ]);
});

test('a class that no worker has is an error of its own; a short name is a class that they have', async () => {
  const signal = new AbortController().signal;
  const client = {
    plugins: async () => ['io.debezium.connector.mysql.MySqlConnector'],
    validate: async () => [],
    config: async () => undefined,
  } as unknown as ConnectClient;
  const plan = (connectorClass: string) =>
    planDeployment(client, { name: 'shop', config: { 'connector.class': connectorClass } }, signal);
  await expect(plan('io.debezium.connector.mysql.MysqlConnector')).rejects.toMatchObject({
    code: 'plugin-missing',
    found: 'io.debezium.connector.mysql.MysqlConnector',
    hint: expect.stringContaining('did you mean io.debezium.connector.mysql.MySqlConnector?'),
  });
  for (const name of ['MySqlConnector', 'MySql', 'io.debezium.connector.mysql.MySqlConnector'])
    await expect(plan(name)).resolves.toMatchObject({ creates: true });
});

test.each([
  [
    'a source of one log',
    { 'connector.class': 'io.debezium.connector.postgresql.PostgresConnector' },
    2,
    9,
    /one task/,
  ],
  ['more tasks than partitions', { topics: 'a,b' }, 3, 2, /2 partitions/],
  ['as many tasks as partitions', { topics: 'a,b' }, 2, 2, undefined],
  ['one task', { 'connector.class': 'io.debezium.connector.mysql.MySqlConnector' }, 1, undefined, undefined],
  ['partitions that nobody counted', { topics: 'a' }, 3, undefined, undefined],
  // One task for each database.
  ['SQL Server', { 'connector.class': 'io.debezium.connector.sqlserver.SqlServerConnector' }, 2, undefined, undefined],
])('%s', (_, config, tasks, partitions, warning) => {
  const said = scaleWarning(config as Record<string, string>, tasks, partitions);
  if (warning === undefined) expect(said).toBeUndefined();
  else expect(said).toMatch(warning);
});
