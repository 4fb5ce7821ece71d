import { expect, test } from 'vitest';
import type { RegisteredSchema } from '#model/registered-schema.ts';
import { OperatorError } from '#std/errors.ts';
import { formatReader } from './reader.ts';
import { registeredSchemas } from './registered.ts';

const SECOND = 1000;

/** A registry, and a clock that stands unless it is told to go on. */
function scripted(first: Readonly<Record<number, string>>) {
  const state = { schemas: first, away: false, ms: 0, asked: 0 };
  const source = {
    url: 'http://registry',
    async schema(id: number): Promise<RegisteredSchema | undefined> {
      state.asked++;
      if (state.away)
        throw new OperatorError({ code: 'registry-away', message: 'does not answer', found: 'ECONNREFUSED' });
      const text = state.schemas[id];
      return text === undefined ? undefined : { type: 'AVRO', text, references: [] };
    },
  };
  return { state, source, now: () => state.ms };
}

const record = (name: string, ...fields: readonly string[]) =>
  JSON.stringify({
    ...{ type: 'record', name },
    fields: fields.map((field) => ({ name: field.split(' ')[0], type: field.split(' ')[1] })),
  });
const bytes = (...payload: readonly number[]) => Buffer.from([0, 0, 0, 0, 1, ...payload]);
const ids = new Set([1]);

test('a number is asked for once, and again after a moment', async () => {
  const { state, source, now } = scripted({ 1: '"int"' });
  const schemas = registeredSchemas(source, { now });
  await schemas.learn(ids);
  await schemas.learn(ids);
  expect(state.asked).toBe(1);
  state.ms = SECOND;
  await schemas.learn(ids);
  expect(state.asked).toBe(2);
});

test('a number that the registry has lost keeps its meaning, and so does one while the registry is away', async () => {
  const { state, source, now } = scripted({ 1: '"int"' });
  const schemas = registeredSchemas(source, { now });
  await schemas.learn(ids);
  for (const lost of [{ schemas: {} }, { away: true }]) {
    Object.assign(state, lost, { ms: state.ms + SECOND });
    await schemas.learn(ids);
    expect(schemas.of(1, 't', bytes(14)).payload(bytes(14))).toBe(7);
  }
});

test('a number that was given to the schema of another topic is read by the schema that is the own of each', async () => {
  const [t, u] = [record('p.t.Envelope', 'a int'), record('p.u.Envelope', 'b int')];
  const { state, source, now } = scripted({ 1: t });
  const schemas = registeredSchemas(source, { now, topics: ['p.t', 'p.u'] });
  await schemas.learn(ids);
  expect(() => schemas.of(1, 'p.u', bytes(14))).toThrow(
    /^its schema 1 is p\.t\.Envelope in the registry, which is another/,
  );
  Object.assign(state, { schemas: { 1: u }, ms: SECOND });
  await schemas.learn(ids);
  expect(schemas.of(1, 'p.t', bytes(14)).payload(bytes(14))).toEqual({ a: 7 });
  expect(schemas.of(1, 'p.u', bytes(14)).payload(bytes(14))).toEqual({ b: 7 });
});

test('a schema that is named after no topic that is read may belong to any', async () => {
  const { source } = scripted({ 1: record('server.public.t.Envelope', 'a int') });
  const schemas = registeredSchemas(source, { topics: ['orders', 'items'] });
  await schemas.learn(ids);
  expect(schemas.of(1, 'orders', bytes(14)).payload(bytes(14))).toEqual({ a: 7 });
});

test('of two schemas of one topic the one is taken that the bytes fit, and none where they fit both or neither', async () => {
  const [older, newer] = [record('p.t.Envelope', 'a int'), record('p.t.Envelope', 'a int', 'b int')];
  const { state, source, now } = scripted({ 1: older });
  const schemas = registeredSchemas(source, { now, topics: ['p.t'] });
  await schemas.learn(ids);
  Object.assign(state, { schemas: { 1: newer }, ms: SECOND });
  await schemas.learn(ids);
  expect(schemas.of(1, 'p.t', bytes(14)).payload(bytes(14))).toEqual({ a: 7 });
  expect(schemas.of(1, 'p.t', bytes(14, 2)).payload(bytes(14, 2))).toEqual({ a: 7, b: 1 });
  expect(() => schemas.of(1, 'p.t', bytes())).toThrow('than it was before: neither fits');
  Object.assign(state, { schemas: { 1: record('p.t.Envelope', 'c int') }, ms: 2 * SECOND });
  await schemas.learn(ids);
  expect(() => schemas.of(1, 'p.t', bytes(14))).toThrow('which of them it was written with cannot be known');
});

test('why records wait is said as long as they do, with the address and since when', async () => {
  const { state, source } = scripted({ 1: '"int"' });
  const formats = formatReader(source);
  const records = [{ key: null, value: bytes(14) }];
  state.away = true;
  await expect(formats.prepare(records)).rejects.toMatchObject({ code: 'registry-away' });
  const { trouble } = formats;
  expect(trouble).toMatch(
    /^the schema registry at http:\/\/registry does not answer since \d{4}-.*Z \(ECONNREFUSED\)$/,
  );
  await expect(formats.prepare(records)).rejects.toThrow();
  expect(formats.trouble).toBe(trouble);
  state.away = false;
  await formats.prepare(records);
  expect(formats.trouble).toBeUndefined();
});
