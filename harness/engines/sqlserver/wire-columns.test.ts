import { expect, test } from 'vitest';
import { wireSchema } from './wire-columns.ts';

test.each([
  ['bit', {}, { type: 'boolean' }],
  ['tinyint', {}, { type: 'int16' }],
  ['int', {}, { type: 'int32' }],
  ['decimal(12,2)', {}, { type: 'bytes', parameters: { scale: '2', 'connect.decimal.precision': '12' } }],
  ['money', {}, { type: 'bytes', parameters: { scale: '4' } }],
  ['float', {}, { type: 'double' }],
  ['datetime', {}, { type: 'int64', name: 'io.debezium.time.Timestamp' }],
  ['datetime2(7)', {}, { type: 'int64', name: 'io.debezium.time.NanoTimestamp' }],
  ['datetime2(7)', { 'time.precision.mode': 'connect' }, { name: 'org.apache.kafka.connect.data.Timestamp' }],
  ['datetimeoffset(7)', {}, { type: 'string', name: 'io.debezium.time.ZonedTimestamp' }],
  ['time(3)', {}, { type: 'int32', name: 'io.debezium.time.Time' }],
  ['varbinary(max)', {}, { type: 'bytes' }],
  ['xml', {}, { type: 'string', name: 'io.debezium.data.Xml' }],
  ['hierarchyid', {}, { type: 'hierarchyid' }],
])('a column of %s under %o', (type, config, schema) => {
  expect(wireSchema({ type }, config)).toMatchObject(schema);
});
