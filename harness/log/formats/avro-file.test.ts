import { expect, test } from 'vitest';
import { type AvroField, avroFile } from '#testing/avro-file.ts';
import { avroRecords } from './avro-file.ts';

const SCHEMA: AvroField = {
  ...{ type: 'record', name: 'r' },
  fields: [
    { name: 'name', type: 'string' },
    { name: 'count', type: 'int' },
    { name: 'sequence', type: ['null', 'long'] },
  ],
};
const RECORDS = [
  { name: 'ü', count: -3, sequence: null },
  { name: '', count: 300, sequence: 2 ** 40 },
  { name: 'x'.repeat(200), count: 0, sequence: -1 },
];

test.each(['null', 'deflate'])('records of several blocks come in their order, packed with %s', (codec) => {
  expect(avroRecords(avroFile(SCHEMA, RECORDS, { codec }))).toEqual(RECORDS);
});

test('a file may have no record at all', () => {
  expect(avroRecords(avroFile(SCHEMA, []))).toEqual([]);
});

test('what is no Avro file, ends early or is packed otherwise is refused', () => {
  const file = avroFile(SCHEMA, RECORDS);
  expect(() => avroRecords(Buffer.from('PAR1....'))).toThrow('it is no Avro file');
  expect(() => avroRecords(file.subarray(0, -20))).toThrow('ends within');
  expect(() => avroRecords(avroFile(SCHEMA, RECORDS, { codec: 'zstandard' }))).toThrow('packed with zstandard');
});
