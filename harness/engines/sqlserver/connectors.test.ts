import { expect, test } from 'vitest';
import {
  connectorTable,
  connectorTopics,
  driverSettings,
  historyTopic,
  SIGNAL_TABLE,
  sourceConnectorConfig,
} from './connectors.ts';
import { own } from './own-source.ts';

const server = { engine: 'sqlserver', host: '127.0.0.1', port: 1433, user: 'sa', password: 'secret' } as never;

test('the connector reads one database by one task, keeps its history in a topic, and locks nothing for its snapshot', () => {
  const options = {
    server,
    database: 'shop',
    prefix: 'p',
    tables: ['dbo.orders', 'sales.a+b'],
    brokers: ['k:1', 'k:2'],
  };
  const config = sourceConnectorConfig(options);
  expect(config).toMatchObject({
    'connector.class': 'io.debezium.connector.sqlserver.SqlServerConnector',
    'tasks.max': '1',
    'database.names': 'shop',
    'driver.encrypt': 'true',
    'driver.applicationName': 'driftlab connector p',
    'table.include.list': 'dbo\\.orders,sales\\.a\\+b,driftlab\\.signal',
    'signal.data.collection': connectorTable('shop', SIGNAL_TABLE),
    'snapshot.isolation.mode': 'snapshot',
    'data.query.mode': 'function',
    'schema.history.internal.kafka.bootstrap.servers': 'k:1,k:2',
  });
  expect(historyTopic(config)).toBe('p.schema-history');
  expect(connectorTopics(config)).toEqual(['p.schema-history']);
  expect(connectorTopics({ 'topic.prefix': 'p', 'provide.transaction.metadata': 'true' })).toEqual([
    'p',
    'p.transaction',
  ]);
});

test("somebody's connector runs against the lab's server, with its own tables alone", () => {
  const theirs = {
    'database.names': 'Warehouse, Other',
    'table.exclude.list': 'dbo.x',
    'driver.trustStore': '/t',
    'topic.prefix': 'theirs',
  };
  expect(own.settings(theirs, { server, database: 'Warehouse', hidden: true })).toEqual({
    'database.hostname': '127.0.0.1',
    'database.port': '1433',
    'database.instance': null,
    'database.user': 'sa',
    'database.password': 'secret',
    'database.names': 'Warehouse',
    'driver.encrypt': 'true',
    'driver.trustServerCertificate': 'false',
    'driver.applicationName': 'driftlab connector theirs',
    'driver.trustStore': null,
    'table.exclude.list': 'dbo.x,driftlab\\..*',
  });
  const listed = own.settings({ 'table.include.list': 'dbo.a' }, { server, database: 'W', hidden: true });
  expect(listed['table.exclude.list']).toBeUndefined();
  expect(own.databases(theirs)).toEqual(['Warehouse', 'Other']);
  expect(own.named({ schema: 'dbo', name: 'a' }, 'W')).toEqual({
    ...{ schema: 'dbo', name: 'a', level: 'schema', database: 'W' },
  });
});

test('the connector encrypts as the URL of its server says, and checks the certificate unless that says otherwise', () => {
  expect(driverSettings({})).toEqual({ 'driver.encrypt': 'true', 'driver.trustServerCertificate': 'false' });
  const parameters = { encrypt: 'strict', trustServerCertificate: 'true', hostNameInCertificate: 'db' };
  expect(driverSettings({ parameters })).toEqual({
    'driver.encrypt': 'strict',
    'driver.trustServerCertificate': 'true',
    'driver.hostNameInCertificate': 'db',
  });
  expect(driverSettings({ parameters: { ca: '/ca.pem' } })['driver.trustServerCertificate']).toBe('false');
});
