import { expect, test } from 'vitest';
import { connectorTopics } from './connectors.ts';
import { mariadbFlavour } from './flavour/mariadb.ts';
import { mysqlFlavour } from './flavour/mysql.ts';
import { ownOf } from './own-source.ts';

const own = ownOf(mariadbFlavour);

const server = { engine: 'mariadb', host: '127.0.0.1', port: 3307, user: 'me', password: 'pw' };
const here = (config: Record<string, string>, hidden = false) =>
  own.settings({ 'topic.prefix': 'p', ...config }, { server, database: 'shop', hidden });

test.each([
  [{ 'database.include.list': 'shop' }, ['shop']],
  [{ 'table.include.list': 'shop.orders, shop\\.customers' }, ['shop']],
  [{ 'database.include.list': 'shop', 'table.include.list': 'other.orders' }, ['shop', 'other']],
  [{ 'table.include.list': '.*\\.orders' }, []],
  [{ 'database.include.list': 'shop_[0-9]+' }, []],
  [{}, []],
])('%j names the databases %j', (config, expected) => {
  expect(own.databases(config)).toEqual(expected);
});

test('the connector reads the one database, and without TLS where its owner demands it', () => {
  expect(here({ 'database.exclude.list': 'mysql', 'database.ssl.mode': 'verify-ca' })).toMatchObject({
    'database.hostname': '127.0.0.1',
    'database.include.list': 'shop',
    'database.exclude.list': null,
    'database.ssl.mode': 'disable',
  });
  expect(here({ 'database.ssl.mode': 'preferred' })).not.toHaveProperty(['database.ssl.mode']);
  expect(here({})).not.toHaveProperty(['database.ssl.mode']);
});

test("MySQL's connector may ask the server for its key, with which it sends a password without TLS", () => {
  const settings = (config: Record<string, string>) =>
    ownOf(mysqlFlavour).settings({ 'topic.prefix': 'p', ...config }, { server, database: 'shop', hidden: false });
  const key = 'driver.allowPublicKeyRetrieval';
  expect(settings({ 'database.ssl.mode': 'verify_ca' })).toMatchObject({
    'database.ssl.mode': 'disabled',
    [key]: 'true',
  });
  for (const config of [{}, { 'database.ssl.mode': 'PREFERRED' }]) {
    expect(settings(config)).toMatchObject({ [key]: 'true' });
    expect(settings(config)).not.toHaveProperty(['database.ssl.mode']);
  }
});

test('an event says its place in its transaction, and what the connector then writes beside is dropped before all else', () => {
  expect(here({ transforms: 'route', predicates: 'is' })).toMatchObject({
    'provide.transaction.metadata': 'true',
    transforms: 'driftlab,route',
    predicates: 'is,driftlab',
    'predicates.driftlab.pattern': 'p\\.transaction',
  });
  expect(here({ 'topic.delimiter': '-', 'topic.transaction': 'tx' })).toMatchObject({
    'predicates.driftlab.pattern': 'p-tx',
  });
  expect(here({ 'provide.transaction.metadata': 'true', transforms: 'route' })).not.toHaveProperty('transforms');
});

test('what is hidden from a connector is excluded, unless its own list leaves it out already', () => {
  expect(here({ 'table.exclude.list': 'shop.audit' }, true)).toMatchObject({
    'table.exclude.list': 'shop.audit,shop\\.driftlab_.*',
  });
  expect(here({ 'table.include.list': 'shop.orders' }, true)).not.toHaveProperty(['table.exclude.list']);
  expect(here({})).not.toHaveProperty(['table.exclude.list']);
});

test('a connector writes to topics of its own: definitions, their changes, transactions', () => {
  const history = { 'schema.history.internal.kafka.topic': 'history' };
  expect(connectorTopics({ 'topic.prefix': 'p', ...history })).toEqual(['history', 'p']);
  const all = { 'topic.prefix': 'p', 'include.schema.changes': 'false', 'provide.transaction.metadata': 'true' };
  expect(connectorTopics(all)).toEqual(['p.transaction']);
});
