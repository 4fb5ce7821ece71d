import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sourceBlock } from '#engines/postgres/source-block.ts';
import { type ChangeEvent, UNCHANGED } from '#model/change-event.ts';
import { decodeChangeEvent, decodeContext, isPoison, type LogRecord } from './decode.ts';
import { sourceReaders } from './source-block.ts';

const SOURCES = sourceReaders([sourceBlock]);

type Part = readonly [schema: string, payload: string] | null;

/** Records of a real connector (see the file's own note): every type Debezium emits by default, edges of dates, DDL. */
const fixture = JSON.parse(readFileSync(new URL('./records.fixture.json', import.meta.url), 'utf8')) as {
  readonly schemas: Readonly<Record<string, string>>;
  readonly records: Readonly<
    Record<string, { topic: string; offset: string; timestamp: string; key: Part; value: Part }>
  >;
};

function bytes(part: Part): Buffer | null {
  return part === null ? null : Buffer.from(`{"schema":${fixture.schemas[part[0]]},"payload":${part[1]}}`);
}

function record(name: string): LogRecord {
  const found = fixture.records[name];
  if (found === undefined) throw new Error(`no record ${name}`);
  return { ...found, partition: 0, key: bytes(found.key), value: bytes(found.value) };
}

function decode(one: LogRecord, context = decodeContext(SOURCES)): ChangeEvent {
  const decoded = decodeChangeEvent(one, context);
  if (decoded === undefined || isPoison(decoded)) throw new Error(decoded?.poison ?? 'no event');
  return decoded;
}

/** The schema of an event of a table whose rows have this one. */
function envelopeOf(row: object): object {
  return {
    type: 'struct',
    fields: [
      { ...row, field: 'before' },
      { ...row, field: 'after' },
      { type: 'struct', field: 'source' },
      { type: 'string', field: 'op' },
    ],
  };
}

/** A record of a table with one column `v` beside the key. */
function single(schema: object, payload: string): LogRecord {
  const row = { type: 'struct', fields: [{ ...schema, optional: true, field: 'v' }], optional: true };
  const source = '{"connector":"postgresql","schema":"public","table":"t","lsn":5}';
  const value = `{"schema":${JSON.stringify(envelopeOf(row))},"payload":{"before":null,"after":{"v":${payload}},"source":${source},"op":"c"}}`;
  return { topic: 'p.public.t', partition: 0, offset: '1', timestamp: '1', key: null, value: Buffer.from(value) };
}

function textOf(schema: object, payload: string): unknown {
  return decode(single(schema, payload)).after?.v;
}

test('a row of every type becomes the text that PostgreSQL reads', () => {
  expect(decode(record('everything')).after).toMatchObject({
    id: '9223372036854775807',
    i2: '-32768',
    i8: '-9223372036854775808',
    f4: '0.1',
    n: '12345678.1234',
    nv: '1.5',
    b: 't',
    t: 'tab\t"q" \\ é 😀',
    ch: 'ch   ',
    ba: '\\x00ff10',
    u: '5b6a4c1e-8d0f-4a57-9d5e-0123456789ab',
    j: '{"a": 1.0, "a":2}',
    d: '2024-02-29',
    ti: '23:59:59.123456',
    ti3: '12:00:00.5',
    tz: '22:00:00+00',
    ts: '2024-02-29 12:34:56.789012',
    ts3: '1969-12-31 23:59:59.999',
    tsz: '2024-02-29 10:34:56.7+00',
    iv: 'PT37091106.789S',
    bi: 't',
    bi8: '10100001',
    m: 'sad',
    mo: '12.34',
    p: '(1.5,-2)',
    ia: '{"1",NULL,"3"}',
    ta: '{"a","b\\"c",NULL,"NULL","{x}","back\\\\slash"}',
    da: '{"2024-01-01"}',
    tza: '{"2024-02-29 10:34:56.7+00"}',
    na: '{"1.50",NULL}',
    i4r: '[1,5)',
    o: '4294967295',
    wide: 'w',
    lt: 'a.b',
  });
});

test('an event carries its key, LSN, transaction, commit time and place in the log', () => {
  expect(decode(record('everything'))).toMatchObject({
    topic: 'cap.public.torture',
    partition: 0,
    offset: 0n,
    table: 'public.torture',
    op: 'read',
    snapshot: true,
    key: { id: '9223372036854775807' },
    lsn: 27158048n,
    txn: '769',
    committedAtMs: 1795255280363,
  });
});

test('a change of the primary key is a delete of the old one; its tombstone is no event', () => {
  const event = decode(record('keyChangeDelete'));
  expect(event).toMatchObject({ op: 'delete', key: { id: '9223372036854775807' } });
  expect(event.after).toBeUndefined();
  expect(decodeChangeEvent(record('tombstone'), decodeContext(SOURCES))).toBeUndefined();
});

test('infinite dates and timestamps are recognised in streaming and in a snapshot', () => {
  for (const name of ['infinity', 'infinityInSnapshot']) {
    const { after } = decode(record(name));
    expect([after?.d, after?.ts, after?.ts3, after?.tsz, after?.f8]).toEqual([
      ...Array(4).fill('infinity'),
      'Infinity',
    ]);
  }
  for (const name of ['minusInfinity', 'minusInfinityInSnapshot']) {
    const { after } = decode(record(name));
    expect([after?.d, after?.ts, after?.ts3, after?.tsz]).toEqual(Array(4).fill('-infinity'));
  }
});

test('years before Christ and beyond 9999 are written as PostgreSQL writes them', () => {
  expect(decode(record('beforeChrist')).after).toMatchObject({
    d: '0044-03-15 BC',
    ts: '0044-03-15 10:00:00 BC',
    tsz: '0044-03-15 10:00:00+00 BC',
    iv: 'PT-86401.5S',
    nv: '-100000000000000000000',
    n: '-0.0001',
  });
  expect(decode(record('farFuture')).after).toMatchObject({
    d: '20000-01-01',
    ts: '20000-01-01 00:00:01',
    tsz: '20000-01-01 00:00:00+00',
    nv: '0.000000000000000000012345',
    n: '0.0000',
  });
});

test('an unchanged TOASTed value is no value', () => {
  expect(decode(record('unchangedToast')).after).toMatchObject({ i2: '1', wide: UNCHANGED });
});

test.each([
  ['text', { type: 'string' }, '"__debezium_unavailable_value"'],
  ['bytes', { type: 'bytes' }, '"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ=="'],
  ['text array', { type: 'array', items: { type: 'string' } }, '["__debezium_unavailable_value"]'],
  [
    'int array',
    { type: 'array', items: { type: 'int32' } },
    JSON.stringify([...Buffer.from('__debezium_unavailable_value')]),
  ],
  ['uuid array', { type: 'array', items: { type: 'string' } }, '["b68a35a7-17ad-35b3-af2a-ae46edb4545a"]'],
  ['hstore', { type: 'map' }, '{"__debezium_unavailable_value":"__debezium_unavailable_value"}'],
])('the placeholder is recognised as %s', (_, schema, payload) => {
  expect(textOf(schema, payload)).toBe(UNCHANGED);
});

test('columns say their type and the default that the source declares', () => {
  const columns = new Map(decode(record('addedColumns')).columns.map((column) => [column.name, column]));
  expect(columns.get('tier')).toEqual({ name: 'tier', connectType: 'string', optional: false, default: 'std' });
  expect(columns.get('at')).toMatchObject({
    semantic: 'io.debezium.time.ZonedTimestamp',
    default: '2020-01-01 00:00:00+00',
  });
  expect(columns.get('amt')).toMatchObject({ default: '1.50', parameters: { scale: '2' } });
  expect(columns.get('vc')?.default).toBe('dé"f\\');
});

test('a schema’s columns stay one object while its bytes do not change', () => {
  const context = decodeContext(SOURCES);
  const before = decode(record('infinity'), context).columns;
  expect(decode(record('minusInfinity'), context).columns).toBe(before);
  expect(decode(record('addedColumns'), context).columns).not.toBe(before);
});

test('a read of an incremental snapshot carries the position that the stream had reached', () => {
  expect(decode(record('incrementalRead'))).toMatchObject({ op: 'read', lsn: 27182888n, key: { a: 'k' } });
});

test('behind a commit, the position of a read is the commit’s, though the stream is at a record written earlier', () => {
  const read = record('incrementalRead');
  const value = (read.value as Buffer).toString().replace('[\\"27182888\\",\\"27182888\\"]', '[\\"200\\",\\"100\\"]');
  expect(decode({ ...read, value: Buffer.from(value) }).lsn).toBe(200n);
});

test('a truncate has no key and no rows', () => {
  const event = decode(record('truncate'));
  expect(event).toMatchObject({ op: 'truncate', table: 'public.ck', key: {}, lsn: 27186896n });
  expect(event.after ?? event.before).toBeUndefined();
});

const DECIMAL = { type: 'bytes', name: 'org.apache.kafka.connect.data.Decimal', parameters: { scale: '2' } };

test.each([
  ['integer beyond 2^53', { type: 'int64' }, '9007199254740993', '9007199254740993'],
  ['negative zero', { type: 'double' }, '-0.0', '-0'],
  ['not a number', { type: 'double' }, '"NaN"', 'NaN'],
  [
    'decimal of many digits',
    DECIMAL,
    `"${Buffer.from('018ee90ff6c373e0ee4e3f0ad2', 'hex').toString('base64')}"`,
    '1234567890123456789012345678.90',
  ],
  ['negative decimal', DECIMAL, '"/w=="', '-0.01'],
  ['decimal as a JSON number', DECIMAL, '100.00', '100.00'],
  ['decimal as text', { type: 'string' }, '"NaN"', 'NaN'],
  ['Connect date', { type: 'int32', name: 'org.apache.kafka.connect.data.Date' }, '-1', '1969-12-31'],
  ['Connect time', { type: 'int32', name: 'org.apache.kafka.connect.data.Time' }, '1001', '00:00:01.001'],
  [
    'Connect timestamp',
    { type: 'int64', name: 'org.apache.kafka.connect.data.Timestamp' },
    '1',
    '1970-01-01 00:00:00.001',
  ],
  ["MariaDB's longest span", { type: 'int64', name: 'io.debezium.time.MicroTime' }, '-3020399000000', '-838:59:59'],
  ['a span below a second', { type: 'int64', name: 'io.debezium.time.MicroTime' }, '-500000', '-00:00:00.5'],
  ['end of day', { type: 'int64', name: 'io.debezium.time.MicroTime' }, '86400000000', '24:00:00'],
  [
    'nanoseconds',
    { type: 'int64', name: 'io.debezium.time.NanoTimestamp' },
    '1709210096789012000',
    '2024-02-29 12:34:56.789012',
  ],
  [
    'interval as text',
    { type: 'string', name: 'io.debezium.time.Interval' },
    '"P1Y2M3DT4H5M6.78S"',
    'P1Y2M3DT4H5M6.78S',
  ],
  ['hstore', { type: 'map' }, '{"a":"1","b \\"c":null}', '"a"=>"1", "b \\"c"=>NULL'],
  [
    'array of arrays',
    { type: 'array', items: { type: 'array', items: { type: 'int32' } } },
    '[[1,2],[3,4]]',
    '{{"1","2"},{"3","4"}}',
  ],
  ['empty array', { type: 'array', items: { type: 'string' } }, '[]', '{}'],
  [
    'circle',
    { type: 'struct', name: 'io.debezium.data.geometry.Circle' },
    '{"center":{"x":1,"y":2},"radius":3}',
    '<(1,2),3>',
  ],
  ['vector', { type: 'array', items: { type: 'double' }, name: 'io.debezium.data.DoubleVector' }, '[1.5,2]', '[1.5,2]'],
])('%s', (_, schema, payload, text) => {
  expect(textOf(schema, payload)).toBe(text);
});

test('a float has one text, whether or not its record holds numbers beyond 2^53', () => {
  const pair = (field: string) => ({ type: 'struct', optional: true, field, name: 'io.debezium.data.geometry.Point' });
  const number = { type: 'int64', optional: true, field: 'n' };
  const row = { type: 'struct', fields: [{ ...pair('v') }, number], optional: true };
  for (const n of ['1', '9007199254740993']) {
    const source = '{"connector":"postgresql","schema":"public","table":"t","lsn":5}';
    const after = `{"v":{"x":-0.0,"y":-2.0},"n":${n}}`;
    const value = `{"schema":${JSON.stringify(envelopeOf(row))},"payload":{"before":null,"after":${after},"source":${source},"op":"c"}}`;
    expect(decode({ ...record('everything'), key: null, value: Buffer.from(value) }).after).toEqual({
      v: '(-0,-2)',
      n,
    });
  }
});

test('a geometry gets its reference system inside', () => {
  const wkb = Buffer.from('0101000000000000000000f03f0000000000000040', 'hex').toString('base64');
  const schema = { type: 'struct', name: 'io.debezium.data.geometry.Geometry' };
  expect(textOf(schema, `{"wkb":"${wkb}","srid":4326}`)).toBe('0101000020e6100000000000000000f03f0000000000000040');
});

test.each([
  ['no JSON', 'nonsense', /no JSON/],
  ['JSON without a schema', '{"op":"c"}', /schemas\.enable/],
  ['another struct', '{"schema":{"type":"struct","fields":[],"name":"X"},"payload":{}}', /no Debezium envelope but X/],
])('%s is poison with its reason', (_, value, reason) => {
  const decoded = decodeChangeEvent({ ...record('everything'), value: Buffer.from(value) }, decodeContext(SOURCES));
  expect(decoded).toMatchObject({ poison: expect.stringMatching(reason) });
});

test('a value that does not fit its schema is poison', () => {
  expect(decodeChangeEvent(single({ type: 'int32' }, '"seven"'), decodeContext(SOURCES))).toMatchObject({
    poison: expect.stringContaining('seven'),
  });
});

test('a struct without a known text form is poison only where a row has a value of it', () => {
  const schema = { type: 'struct', name: 'com.example.Odd' };
  expect(decodeChangeEvent(single(schema, '{}'), decodeContext(SOURCES))).toMatchObject({
    poison: expect.stringContaining('com.example.Odd'),
  });
  expect(textOf(schema, 'null')).toBeNull();
});

test('an event of a connector that no engine reads is poison', () => {
  const value = String(single({ type: 'int32' }, '7').value).replace('"connector":"postgresql"', '"connector":"db2"');
  expect(
    decodeChangeEvent({ ...single({ type: 'int32' }, '7'), value: Buffer.from(value) }, decodeContext(SOURCES)),
  ).toEqual({ poison: 'no engine reads the events of the connector "db2"' });
});
