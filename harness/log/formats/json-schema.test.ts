import { expect, test } from 'vitest';
import { Literal } from '../wire.ts';
import { jsonSchemaSchema } from './json-schema.ts';

/** In the words of Confluent's JsonSchemaData, version 8. */
const ROW = {
  ...{ type: 'object', title: 'p.public.t.Value' },
  properties: {
    price: {
      'connect.index': 2,
      oneOf: [
        { type: 'null' },
        {
          ...{ type: 'number', title: 'org.apache.kafka.connect.data.Decimal', 'connect.type': 'bytes' },
          'connect.parameters': { scale: '2' },
        },
      ],
    },
    id: { type: 'integer', 'connect.index': 0, 'connect.type': 'int64' },
    ratio: { type: 'number', 'connect.index': 1, 'connect.type': 'float32', default: 0.5 },
    tags: { type: 'array', 'connect.index': 3, items: { oneOf: [{ type: 'null' }, { type: 'string' }] } },
    pairs: { type: 'object', 'connect.index': 4, 'connect.type': 'map', additionalProperties: { type: 'string' } },
  },
};

test('a JSON Schema means what Connect noted in it, in the order of its fields', () => {
  expect(jsonSchemaSchema(JSON.stringify(ROW)).schema).toEqual({
    ...{ type: 'struct', name: 'p.public.t.Value' },
    fields: [
      { field: 'id', type: 'int64' },
      { field: 'ratio', type: 'float', default: 0.5 },
      {
        ...{ field: 'price', type: 'bytes', optional: true },
        ...{ name: 'org.apache.kafka.connect.data.Decimal', parameters: { scale: '2' } },
      },
      { field: 'tags', type: 'array', items: { type: 'string', optional: true } },
      { field: 'pairs', type: 'map', values: { type: 'string' } },
    ],
  });
  expect(() => jsonSchemaSchema('{"enum":["a"]}')).toThrow('no type is known for {"enum":["a"]}');
});

test('the payload is JSON behind the number of its schema, and is read exactly where that is asked for', () => {
  const written = jsonSchemaSchema(JSON.stringify(ROW));
  const bytes = Buffer.from('\0\0\0\0\u0007{"id":9007199254740993}');
  expect(written.payload(bytes, 5)).toEqual({ id: 2 ** 53 });
  written.exact = true;
  expect(written.payload(bytes, 5)).toEqual({ id: new Literal('9007199254740993') });
});
