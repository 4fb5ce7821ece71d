import protobuf from 'protobufjs';
import { expect, test } from 'vitest';
import { Literal } from '../wire.ts';
import { protobufSchema } from './protobuf.ts';

const file = (...lines: readonly string[]) => ['syntax = "proto3";', 'package p.t;', ...lines].join('\n');

/** What another implementation makes of the values, as a record of the first message. */
function encoded(text: string, values: Readonly<Record<string, unknown>>): Buffer {
  const { root } = protobuf.parse(text, new protobuf.Root(), { keepCase: true });
  const message = root.lookupType('p.t.M');
  return Buffer.concat([Buffer.from([0]), message.encode(message.fromObject(values)).finish()]);
}

const read = (text: string, values: Readonly<Record<string, unknown>>) =>
  protobufSchema(text).payload(encoded(text, values));

const INTEGERS = ['int32', 'sint32', 'sfixed32', 'int64', 'sint64', 'sfixed64'];
const UNSIGNED = ['uint32', 'fixed32', 'uint64', 'fixed64'];

test('integers of every encoding keep all their digits', () => {
  const fields = [...INTEGERS, ...UNSIGNED].map((type, place) => `${type} ${type}_ = ${place + 1};`);
  const text = file(`message M { ${fields.join('\n')} }`);
  const all = (types: readonly string[], value: string) =>
    Object.fromEntries(types.map((type) => [`${type}_`, type.endsWith('32') ? Number(value) : value]));
  const exact = (value: string) => (Number.isSafeInteger(Number(value)) ? Number(value) : new Literal(value));
  const wide = INTEGERS.slice(3);
  for (const value of ['0', '1', '-1', '127', '128', '2147483647', '-2147483648'])
    expect(read(text, all(INTEGERS, value))).toMatchObject(
      Object.fromEntries(INTEGERS.map((type) => [`${type}_`, Number(value)])),
    );
  for (const value of ['9007199254740991', '-9007199254740993', '9223372036854775807', '-9223372036854775808'])
    expect(read(text, all(wide, value))).toMatchObject(
      Object.fromEntries(wide.map((type) => [`${type}_`, exact(value)])),
    );
  // A negative number of 32 bits that was not made one of 64.
  expect(protobufSchema(text).payload(Buffer.from([0, 8, 0xff, 0xff, 0xff, 0xff, 0x0f]))).toMatchObject({ int32_: -1 });
  expect(
    read(text, {
      uint32_: 4294967295,
      fixed32_: 4294967295,
      uint64_: '18446744073709551615',
      fixed64_: '18446744073709551615',
    }),
  ).toMatchObject({
    ...{ uint32_: 4294967295, fixed32_: 4294967295 },
    ...{ uint64_: new Literal('18446744073709551615'), fixed64_: new Literal('18446744073709551615') },
  });
});

test('lists are read packed or not, and maps, enums and choices as the JSON converter has them', () => {
  const text = (packed: boolean) =>
    file(
      'enum Mood { SAD = 0; GLAD = 1; }',
      `message M { repeated int32 n = 1 [packed = ${packed}]; map<string, int32> by = 2; map<int32, double> at = 3;
       Mood mood = 4; oneof choice { string s = 5; int32 i = 6; } repeated FooEntry foo = 7; }
       message FooEntry { string key = 1; int32 value = 2; }`,
    );
  const values = { n: [1, -1, 300], by: { a: 1, b: 0 }, at: { 3: 0.5 }, mood: 1, i: 0, foo: [{ key: 'k', value: 7 }] };
  for (const packed of [true, false])
    expect(read(text(packed), values)).toEqual({
      ...{ n: [1, -1, 300], by: { a: 1, b: 0 }, at: [[3, 0.5]], mood: 'GLAD', s: null, i: 0, foo: { k: 7 } },
    });
  expect(read(text(true), {})).toEqual({ n: [], by: {}, at: [], mood: 'SAD', s: null, i: null, foo: {} });
});

test('fields that the schema does not have are passed over', () => {
  const rest = 'string s = 2; int64 n = 3; double d = 4; float f = 5; repeated string l = 6;';
  const bytes = encoded(file(`message M { int32 id = 1; ${rest} }`), {
    id: 1,
    s: 'x',
    n: '9',
    d: 0.5,
    f: 0.5,
    l: ['a'],
  });
  expect(protobufSchema(file('message M { int32 id = 1; }')).payload(bytes)).toEqual({ id: 1 });
});

test('days and times are those of Connect', () => {
  const text = file(
    'import "google/type/date.proto"; import "google/type/timeofday.proto"; import "google/protobuf/timestamp.proto";',
    'message M { google.type.Date d = 1; google.type.TimeOfDay t = 2; google.protobuf.Timestamp at = 3; }',
  );
  const { payload, schema } = protobufSchema(text);
  expect(schema?.fields?.map(({ name, type }) => `${type} ${name}`)).toEqual([
    'int32 org.apache.kafka.connect.data.Date',
    'int32 org.apache.kafka.connect.data.Time',
    'int64 org.apache.kafka.connect.data.Timestamp',
  ]);
  // 15 March 44 in the Julian calendar; 23:59:59.999999999; 1 ns before 1970.
  const day = [0x0a, 6, 0x08, 44, 0x10, 3, 0x18, 15];
  const time = [0x12, 12, 0x08, 23, 0x10, 59, 0x18, 59, 0x20, 0xff, 0x93, 0xeb, 0xdc, 0x03];
  const moment = [0x1a, 17, 0x08, ...Array(9).fill(0xff), 0x01, 0x10, 0xff, 0x93, 0xeb, 0xdc, 0x03];
  const bytes = Buffer.from([0, ...day, ...time, ...moment]);
  expect(payload.call({ exact: false, payload }, bytes)).toEqual({ d: -703_385, t: 86_399_999, at: -1 });
});

test('what is cut off, of another message or not of its schema is no value', () => {
  const text = file('message M { string s = 1; } message N {}');
  const payload = (...bytes: readonly number[]) => protobufSchema(text).payload(Buffer.from(bytes));
  expect(payload(0, 10, 1, 0x61)).toEqual({ s: 'a' });
  expect(payload(2, 0, 10, 1, 0x61)).toEqual({ s: 'a' });
  expect(() => payload(2, 2)).toThrow('it is of message 1 of its schema');
  expect(() => payload(4, 0, 2)).toThrow('it is of message 0.1 of its schema');
  expect(() => payload(0, 10, 4, 0x61)).toThrow('ends within a value');
  expect(() => payload(0, 8, 1)).toThrow('s has the wire type 0, where its schema says 2');
  expect(() => payload(0, 0x0f)).toThrow('wire type 7');
});

test('a schema that cannot be used says why', () => {
  expect(() => protobufSchema(file('import "shop/price.proto";', 'message M {}'))).toThrow(
    'it imports shop/price.proto',
  );
  expect(() => protobufSchema(file('message M { Price p = 1; }'))).toThrow('Price');
  expect(() => protobufSchema(file('message M { M m = 1; }'))).toThrow('its message M is within itself');
  expect(() => protobufSchema(file('enum E { A = 0; }'))).toThrow('it has no message');
});
