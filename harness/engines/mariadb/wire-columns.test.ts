import { expect, test } from 'vitest';
import { mariadbFlavour } from './flavour/mariadb.ts';
import { mysqlFlavour } from './flavour/mysql.ts';
import { readWireColumns, wireSchema } from './wire-columns.ts';

const TRUTH = {
  converters: 'truth',
  'truth.type': 'io.debezium.connector.binlog.converters.TinyIntOneToBooleanConverter',
};
const DECIMAL = 'org.apache.kafka.connect.data.Decimal';

test.each([
  ['tinyint(1)', {}, { type: 'int16' }],
  ['tinyint(1)', TRUTH, { type: 'boolean' }],
  ['smallint(5) unsigned', {}, { type: 'int32' }],
  ['int(10) unsigned', {}, { type: 'int64' }],
  ['bigint(20) unsigned', {}, { type: 'int64' }],
  ['bigint(20) unsigned', { 'bigint.unsigned.handling.mode': 'precise' }, { type: 'bytes', name: DECIMAL }],
  ['decimal(12,2)', {}, { name: DECIMAL, parameters: { scale: '2', 'connect.decimal.precision': '12' } }],
  ['decimal(12,2)', { 'decimal.handling.mode': 'string' }, { type: 'string' }],
  ['float', {}, { type: 'float' }],
  ['float(7,2)', {}, { type: 'double' }],
  ['bit(1)', {}, { type: 'boolean' }],
  ['bit(12)', {}, { type: 'bytes', parameters: { length: '12' } }],
  ['datetime', {}, { type: 'int64', name: 'io.debezium.time.Timestamp' }],
  ['datetime(6)', {}, { type: 'int64', name: 'io.debezium.time.MicroTimestamp' }],
  ['timestamp(6)', {}, { type: 'string', name: 'io.debezium.time.ZonedTimestamp' }],
  ['time', {}, { type: 'int64', name: 'io.debezium.time.MicroTime' }],
  ['time', { 'time.precision.mode': 'connect' }, { type: 'int32', name: 'org.apache.kafka.connect.data.Time' }],
  ['year(4)', {}, { type: 'int32', name: 'io.debezium.time.Year' }],
  ["set('a','b')", {}, { type: 'string', name: 'io.debezium.data.EnumSet', parameters: { allowed: 'a,b' } }],
  ['varbinary(8)', { 'binary.handling.mode': 'base64' }, { type: 'string' }],
  ['inet6', {}, { type: 'inet6' }],
])('a column of %s under %o', (type, config, schema) => {
  expect(wireSchema(type, config)).toMatchObject(schema);
});

test.each([
  ['MariaDB', mariadbFlavour, "'it''s'"],
  ['MySQL', mysqlFlavour, "it's"],
])('a default of %s is known where it is a constant', async (_, flavour, fallback) => {
  const row = { name: 't', nullable: 'YES', generated: '0', extra: '' };
  const database = {
    query: async () =>
      [
        { ...row, column: 'a', type: 'varchar(20)', fallback },
        { ...row, column: 'b', type: 'int(11)', fallback: '7' },
        { ...row, column: 'c', type: 'datetime', fallback: 'current_timestamp()', extra: 'DEFAULT_GENERATED' },
      ] as never,
  };
  const columns = (await readWireColumns(database, ['db.t'], {}, flavour)).get('db.t');
  expect(columns?.map((column) => column.default)).toEqual(["it's", 7, undefined]);
});
