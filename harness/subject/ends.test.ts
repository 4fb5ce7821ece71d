import { expect, test } from 'vitest';
import { OperatorError } from '#std/errors.ts';
import { planPipeline } from './plan.ts';
import type { ReadFile } from './read-file.ts';
import type { PipelineFile } from './schema.ts';

const MARIADB = 'io.debezium.connector.mariadb.MariaDbConnector';
const MYSQL = 'io.debezium.connector.mysql.MySqlConnector';
const POSTGRES = 'io.debezium.connector.postgresql.PostgresConnector';
const SQLSERVER = 'io.debezium.connector.sqlserver.SqlServerConnector';
const JDBC = 'io.debezium.connector.jdbc.JdbcSinkConnector';

const source = (className: string, more: Record<string, string> = {}) => ({
  ...{ 'connector.class': className, 'topic.prefix': 'p', 'database.hostname': 'db' },
  ...more,
});
const shop = source(MARIADB, { 'database.include.list': 'shop' });
const sink = (name: string, url: string) => ({
  name,
  connector: { 'connector.class': JDBC, topics: 'p.shop.a', 'connection.url': url },
});

function plan(file: Partial<PipelineFile>) {
  const read: ReadFile = {
    file: { source: { schema: 'schema.sql' }, ...file },
    ...{ path: 'p.yaml', folder: '/', at: (place) => `p.yaml ${place.join('.')}`, text: () => 'SELECT 1' },
  };
  return planPipeline(read);
}

const endsOf = (file: Partial<PipelineFile>) => {
  const { engines, database } = plan(file).design ?? {};
  return [engines?.source, engines?.sink, database];
};

test.each([
  [{}, ['postgres', 'postgres', undefined]],
  [{ source: { schema: 's', engine: 'mariadb' } }, ['mariadb', 'postgres', undefined]],
  [{ sink: { engine: 'mariadb' } }, ['postgres', 'mariadb', undefined]],
  [{ connector: shop }, ['mariadb', 'postgres', 'shop']],
  [{ connector: { ...shop, 'connector.class': 'MariaDb' } }, ['mariadb', 'postgres', 'shop']],
  [{ connector: source('org.acme.Source') }, ['postgres', 'postgres', undefined]],
  [
    { subjects: [sink('a', 'jdbc:mariadb://dw/dw'), sink('b', 'jdbc:mariadb://dw/b')] },
    ['postgres', 'mariadb', undefined],
  ],
  [{ subjects: [sink('a', 'jdbc:mysql://dw/dw')] }, ['postgres', 'mysql', undefined]],
  [{ connector: source(MYSQL, { 'database.include.list': 'shop' }) }, ['mysql', 'postgres', 'shop']],
  [{ connector: source(SQLSERVER, { 'database.names': 'Shop' }) }, ['sqlserver', 'postgres', 'Shop']],
  [{ sink: { engine: 'mariadb' }, subjects: [sink('a', 'jdbc:unknown:dw')] }, ['postgres', 'mariadb', undefined]],
  [
    { connector: source(MARIADB, { 'table.include.list': '.*\\.a' }), source: { schema: 's', database: 'shop' } },
    ['mariadb', 'postgres', 'shop'],
  ],
] satisfies [Partial<PipelineFile>, unknown[]][])('%j: source, sink and database are %j', (file, expected) => {
  expect(endsOf(file)).toEqual(expected);
});

test.each([
  [
    { source: { schema: 's', engine: 'postgres' }, connector: shop },
    ['engines-differ', 'p.yaml connector: p.yaml is a connector for MariaDB, and source.engine is postgres'],
  ],
  [
    { connector: [shop, source(POSTGRES)] },
    [
      'engines-differ',
      'p.yaml connector.1: p.yaml is a connector for PostgreSQL, and p.yaml is a connector for MariaDB',
    ],
  ],
  [
    { subjects: [sink('a', 'jdbc:mariadb://dw/dw'), sink('b', 'jdbc:postgresql://dw/dw')] },
    ['engines-differ', 'p.yaml subjects.1.connector: p.yaml writes to PostgreSQL, and p.yaml writes to MariaDB'],
  ],
  [
    { connector: source('io.debezium.connector.oracle.OracleConnector') },
    ['engine-unknown', 'p.yaml is a connector for a database of which the lab has no server'],
  ],
  [{ connector: source(MARIADB) }, ['database-unclear', 'the connector names no database by its plain name']],
  [
    { connector: source(MARIADB, { 'database.include.list': 'a,b' }) },
    ['database-unclear', 'p.yaml connector: the connectors capture several databases, and the lab has one'],
  ],
  [
    { connector: source(MARIADB, { 'database.include.list': 'mysql' }) },
    ['database-unclear', 'no database of this name can be made'],
  ],
  [
    { connector: source(POSTGRES), source: { schema: 's', database: 'shop' } },
    ['database-unclear', 'p.yaml source.database: names and topics have no database in them here'],
  ],
  [{ faults: ['purge-binlog'] }, ['fault-impossible', 'PostgreSQL has no binary log']],
  [{ faults: ['clean-up-changes'] }, ['fault-impossible', 'PostgreSQL keeps no change tables']],
] satisfies [Partial<PipelineFile>, [string, string]][])('%j is refused with one error', (file, [code, words]) => {
  const error = (() => {
    try {
      return plan(file);
    } catch (thrown) {
      return thrown;
    }
  })();
  expect(error).toBeInstanceOf(OperatorError);
  expect(error).toMatchObject({ code, exit: 2, message: expect.stringContaining(words) });
});

test('a table of MariaDB is named with its database or without, and what only its log can suffer is run where it is named', () => {
  const file = { connector: shop, mapping: { 'shop.a': false, b: 'other' } } satisfies Partial<PipelineFile>;
  const { variants, modes } = plan(file);
  const table = (name: string, schema = 'db') => ({ schema, name, key: [], columns: [] });
  const sinks = new Map([['public.other', table('other', 'public')]]);
  const pair = variants['debezium-jdbc']?.pair;
  expect(pair?.(table('a'), sinks)).toBeUndefined();
  expect(pair?.(table('b'), sinks)?.source).toMatchObject({ schema: 'db', name: 'b' });
  expect(modes.map(({ id }) => id)).not.toContain('purge-binlog');
  const asked = plan({
    ...file,
    faults: [{ fault: 'purge-binlog', operations: 7 }, 'lose-history', 'narrow-row-image'],
  });
  expect(asked.modes.map(({ steps }) => steps[0]?.fault.kind)).toEqual([
    'purge-binlog',
    'lose-history',
    'narrow-row-image',
  ]);
});

test('a source with change tables, which truncates no table that it captures, is given no truncate', () => {
  const file = { source: { schema: 's', engine: 'sqlserver' } } satisfies Partial<PipelineFile>;
  expect(plan({ source: { schema: 's' } }).modes.map(({ id }) => id)).toContain('truncate');
  expect(plan(file).modes.map(({ id }) => id)).not.toContain('truncate');
  expect(() => plan({ ...file, faults: ['truncate'] })).toThrow('SQL Server truncates no captured table');
});

test('what only a source with change tables can suffer is run where it is named', () => {
  const file = { source: { schema: 's', engine: 'sqlserver' } } satisfies Partial<PipelineFile>;
  expect(plan(file).modes.map(({ id }) => id)).not.toContain('clean-up-changes');
  const { modes } = plan({ ...file, faults: [{ fault: 'clean-up-changes', operations: 7 }] });
  expect(modes[0]?.steps[0]?.fault).toMatchObject({ kind: 'clean-up-changes', needs: ['change-tables', 'restart'] });
});
