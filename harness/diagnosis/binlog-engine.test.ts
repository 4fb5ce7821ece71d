import { expect, test } from 'vitest';
import { sourceConnector } from '#testing/diagnosis-facts.ts';
import { sourceState } from '#testing/planting.ts';
import { binlogEngine, connectorPage } from './binlog-engine.ts';

const source = (settings: Readonly<Record<string, string>>) => sourceState({}, { settings });

test.each([
  ['io.debezium.connector.mysql.MySqlConnector', 'mysql'],
  ['MySqlConnector', 'mysql'],
  ['MySql', 'mysql'],
  ['io.debezium.connector.mariadb.MariaDbConnector', 'mariadb'],
] as const)('a source connector %s reads the log of %s', (name, engine) => {
  expect(binlogEngine({ sources: [sourceConnector({ 'connector.class': name })] })).toBe(engine);
});

test("the lab's own connector reads that of MySQL where the server has a setting of MySQL's", () => {
  expect(binlogEngine({ sources: [], source: source({ gtid_mode: 'ON' }) })).toBe('mysql');
  expect(binlogEngine({ sources: [], source: source({ binlog_format: 'ROW' }) })).toBe('mariadb');
});

test("a place of an engine's page has the engine's name", () => {
  expect(connectorPage('mysql', 'enable-<engine>-binlog')).toBe(
    'https://debezium.io/documentation/reference/stable/connectors/mysql.html#enable-mysql-binlog',
  );
});
