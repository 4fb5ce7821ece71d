// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { expect, test } from 'vitest';
import { definitionOf } from './definition.ts';

const right = {
  name: 'shop',
  source: 'postgres://app:${env:A}@db1/shop',
  target: 'mariadb://app@db2:3306/shop',
  tables: ['invoices', 'sales.items'],
  mode: 'full_load_only',
};

const cdc = { connect: 'http://c1:8083,http://c2:8083', brokers: ['b1:9092'] };

test('what is left out is as the documentation says; a list may be one text', () => {
  expect(definitionOf(right)).toEqual({ ...right, onExisting: 'fail' });
  const { mode: _, ...unsaid } = right;
  expect(definitionOf({ ...unsaid, ...cdc })).toEqual({
    ...{ ...right, mode: 'full_load_and_cdc', onExisting: 'fail' },
    cdc: {
      connect: ['http://c1:8083', 'http://c2:8083'],
      sinkConnect: ['http://c1:8083', 'http://c2:8083'],
      brokers: ['b1:9092'],
    },
  });
  expect(
    definitionOf({ ...right, tables: 'a, b', mode: 'cdc_only', ...cdc, on_existing: 'truncate', source: '${env:URL}' }),
  ).toMatchObject({
    tables: ['a', 'b'],
    mode: 'cdc_only',
    onExisting: 'truncate',
    source: '${env:URL}',
  });
});

test("the live lab's databases by name, with its workers and brokers where nothing else is said", () => {
  const lab = { connect: ['lab'], sinkConnect: ['lab'], brokers: ['lab'] };
  const named = { ...right, mode: 'full_load_and_cdc', source: 'lab:source', target: 'lab:sink/copy' };
  expect(definitionOf(named)).toEqual({ ...named, onExisting: 'fail', cdc: lab });
  expect(definitionOf({ ...named, ...cdc }).cdc).toMatchObject({ brokers: ['b1:9092'] });
  expect(definitionOf({ ...named, source: right.source, target: right.target, connect: 'lab' }).cdc).toEqual(lab);
  expect(definitionOf({ ...named, source: 'lab:source/own', mode: 'full_load_only' })).not.toHaveProperty('cdc');
});

test('databases are named as in Vault where that is said, and workers get passwords by references of their own', () => {
  const { source: _, ...unnamed } = right;
  expect(definitionOf({ ...unnamed, target: 'copy', use_vault: true })).toMatchObject({
    source: '${vault:secret/database/source}',
    target: '${vault:secret/database/copy}',
  });
  expect(definitionOf({ ...right, use_vault: true })).toMatchObject({ source: right.source, target: right.target });
  const changing = { ...right, ...cdc, mode: 'cdc_only' };
  const password = '${file:/etc/kafka/shop.properties:password}';
  expect(definitionOf({ ...changing, target_connect_password: password }).cdc?.passwords).toEqual({ target: password });
  for (const given of ['geheim', 'x${env:A}', '${env:A}${env:B}', 7]) {
    const refused = () => definitionOf({ ...changing, source_connect_password: given });
    expect(refused).toThrow(/source_connect_password: what stands for the password at the workers/);
    expect(refused).not.toThrow(/geheim/);
  }
});

const lake = { ...right, target: 's3://k:${env:A}@lake/raw' };

test('a bucket as the target, with what goes with it', () => {
  expect(definitionOf(lake)).toEqual({ ...lake, onExisting: 'fail', objects: { format: 'jsonl' } });
  expect(
    definitionOf({ ...lake, target: 's3://lake', endpoint: 'http://s3:9000/', region: 'r', every: '90m' }).objects,
  ).toEqual({ format: 'jsonl', endpoint: 'http://s3:9000', region: 'r', everySeconds: 5400 });
  expect(definitionOf({ ...lake, mode: 'full_load_and_cdc', ...cdc, format: 'parquet' }).objects).toEqual({
    format: 'parquet',
  });
  expect(definitionOf({ ...lake, cron: '0 3 * * *' }).objects).toEqual({ format: 'jsonl', cron: '0 3 * * *' });
});

test.each([
  [{ ...right, endpoint: 'http://s3' }, /f: endpoint: only a pipeline into objects has it/],
  [{ ...lake, mode: 'cdc_only', ...cdc, every: '1h' }, /f: every, cron: changes come all the time/],
  [{ ...lake, mode: 'cdc_only', ...cdc, sink_connect: 'http://c3:8083' }, /f: sink_connect: no sink connector/],
  [{ ...lake, mode: 'cdc_only', ...cdc, flush: '0s' }, /f: flush: how often/],
  [{ ...lake, flush: '1m' }, /f: flush: how long changes are gathered/],
  [{ ...lake, on_existing: 'fail' }, /f: on_existing: a load into objects/],
  [{ ...lake, format: 'csv' }, /f: format: what are the objects/],
  [{ ...lake, endpoint: 's3:9000' }, /f: endpoint: where is the store/],
  [{ ...lake, endpoint: 'http://me:geheim@s3:9000' }, /f: endpoint: where is the store/],
  [{ ...lake, every: 'hour' }, /f: every: how often/],
  [{ ...lake, every: '1h', cron: '0 3 * * *' }, /f: every and cron/],
  [{ ...lake, cron: 'never' }, /--cron cannot be "never"/],
  [{ ...lake, region: 7 }, /f: region: this is no text/],
  [{ ...lake, target: 's3://L/raw' }, /objects go to a bucket/],
  [{ ...lake, target: 's3://k@lake/raw' }, /objects go to a bucket/],
  [{ ...lake, target: 's3://k:geheim@lake/raw' }, /the target's URL has a password/],
  [{ ...lake, source: 's3://lake' }, /no engine for s3:/],
])('%j is refused: %s', (given, message) => {
  expect(() => definitionOf(given, 'f: ')).toThrow(message);
});

test.each([
  [{ ...right, name: 'Shop' }, /f: name: /],
  [{ ...right, name: undefined }, /f: name: /],
  [{ ...right, name: 'a'.repeat(41) }, /f: name: /],
  [{ ...right, source: undefined }, /f: source: which source/],
  [{ ...right, source: 'db1/shop' }, /the source is given by its URL/],
  [{ ...right, target: 'oracle://db2/shop' }, /no engine for oracle:/],
  [{ ...right, tables: [] }, /f: tables: which tables/],
  [{ ...right, tables: ['a', 7] }, /f: tables: which tables/],
  [{ ...right, tables: 'a,a' }, /f: tables: a table is named twice/],
  [{ ...right, mode: 'full' }, /f: mode: /],
  [{ ...right, on_existing: 'drop' }, /f: on_existing: /],
  [{ ...right, tabels: 'a' }, /f: a pipeline has no property "tabels"/],
  [{ ...right, mode: 'cdc_only' }, /f: connect: a pipeline with CDC names them/],
  [{ ...right, ...cdc, mode: 'cdc_only', brokers: undefined }, /f: brokers: a pipeline with CDC/],
  [{ ...right, ...cdc, mode: 'cdc_only', brokers: 'b1' }, /f: brokers: a pipeline with CDC/],
  [{ ...right, ...cdc, mode: 'cdc_only', connect: 'c1:8083' }, /f: connect: a pipeline with CDC/],
  [{ ...right, ...cdc, mode: 'cdc_only', connect: 'http://me:geheim@c1:8083' }, /Connect worker's URL has a password/],
  [{ ...right, source: 'lab:broker/a' }, /f: source: which database of the live lab's/],
  [{ ...right, source: 'lab:sink' }, /f: source: which database of the live lab's/],
  [{ ...right, target: 'lab:sink' }, /f: target: which database of the live lab's/],
  [{ ...right, target: 'lab:source' }, /f: target: which database of the live lab's/],
  [{ ...right, mode: 'cdc_only', connect: 'lab', brokers: 'b:1' }, /f: brokers: the live lab's workers use/],
  [{ ...right, ...cdc, source: 'sqlserver://app@db1/shop', mode: 'cdc_only' }, /f: mode: changes of SQL Server/],
  [{ ...right, ...cdc, sink: 'builtin' }, /f: sink: what writes changes/],
  [{ ...right, sink: 'applier', mode: 'full_load_only' }, /f: sink: a pipeline that only loads/],
  [{ ...lake, ...cdc, mode: 'cdc_only', sink: 'applier' }, /f: sink: an applier of its own writes objects/],
  [
    { ...right, ...cdc, mode: 'cdc_only', sink: 'applier', sink_connect: 'http://c3:8083' },
    /f: sink_connect: with the/,
  ],
  [{ ...right, mode: 'cdc_only', connect: 'lab,http://c1:8083' }, /f: connect: a pipeline with CDC names them/],
  ['shop', /f: a pipeline is a mapping/],
  [null, /f: a pipeline is a mapping/],
])('%j is refused: %s', (given, message) => {
  expect(() => definitionOf(given, 'f: ')).toThrow(message);
});

test.each([
  'postgres://app:geheim@db/shop',
  'postgres://app:x${env:A}@db/shop',
  'postgres://app@db/shop?password=geheim',
])('a password as it is, %s, is refused and not shown', (source) => {
  expect(() => definitionOf({ ...right, source })).toThrow(/the source's URL has a password in it/);
  try {
    definitionOf({ ...right, source });
  } catch (error) {
    expect(JSON.stringify(error)).not.toContain('geheim');
  }
});
