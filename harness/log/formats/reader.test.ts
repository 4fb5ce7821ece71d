import { expect, test } from 'vitest';
import type { RegisteredSchema } from '#model/registered-schema.ts';
import { OperatorError } from '#std/errors.ts';
import { formatReader } from './reader.ts';

const number = (id: number, ...more: readonly number[]) => Buffer.from([0, 0, 0, 0, id, ...more]);
const schema = (text: string, more: Partial<RegisteredSchema> = {}): RegisteredSchema => ({
  ...{ type: 'AVRO', text, references: [], ...more },
});

test('a record says itself how it is written', async () => {
  const formats = formatReader({ schema: async (id) => schema(id === 1 ? '"int"' : '"string"') });
  const [key, value] = [number(1, 14), number(2, 2, 0x61)];
  await formats.prepare([{ key, value }]);
  expect(formats.schemaOf('t', 'key', key).payload(key)).toBe(7);
  expect(formats.schemaOf('t', 'value', value).payload(value)).toBe('a');
  expect(formats.schemaOf('t', 'value', value)).toBe(formats.schemaOf('u', 'key', value));
  const json = Buffer.from('{"schema":{"type":"int32"},"payload":7}');
  expect(formats.schemaOf('t', 'value', json)).toMatchObject({ schema: { type: 'int32' } });
  expect(formats.schemaOf('t', 'value', json).payload(json)).toBe(7);
});

test('a schema that cannot be used is asked for again with the next records, and its reason is said', async () => {
  let answer: RegisteredSchema | undefined;
  let asked = 0;
  const formats = formatReader({
    async schema() {
      asked++;
      return answer;
    },
  });
  const value = number(7, 2);
  const reason = async () => {
    await formats.prepare([{ key: null, value }]);
    try {
      return formats.schemaOf('t', 'value', value).payload(value);
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(await reason()).toBe('its schema 7 is not in the registry');
  answer = schema('syntax', { type: 'THRIFT' });
  expect(await reason()).toContain('of the type THRIFT');
  answer = schema('"int"', { references: ['other.avsc'] });
  expect(await reason()).toContain('refers to other schemas (other.avsc)');
  answer = schema('{');
  expect(await reason()).toMatch(/^its schema 7 cannot be read: /);
  answer = schema('"int"');
  expect([await reason(), await reason(), asked]).toEqual([1, 1, 5]);
});

test('a registry that is away has to be asked again; one that refuses makes its records unreadable', async () => {
  let code = 'registry-away';
  const formats = formatReader({
    schema() {
      throw new OperatorError({ code, message: 'the registry is away' });
    },
  });
  const records = [{ key: null, value: number(7, 2) }];
  await expect(formats.prepare(records)).rejects.toThrow('the registry is away');
  code = 'registry-refused';
  await formats.prepare(records);
  expect(() => formats.schemaOf('t', 'value', number(7, 2))).toThrow('the registry is away');
});

test('without a registry records with the number of a schema cannot be read', async () => {
  const formats = formatReader();
  await formats.prepare([{ key: null, value: number(7) }]);
  expect(() => formats.schemaOf('t', 'value', number(7))).toThrow('schema 7 of a registry, and no registry is known');
  expect(() => formats.schemaOf('t', 'value', number(7).subarray(0, 3))).toThrow('within the number of its schema');
});
