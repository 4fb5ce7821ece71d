import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Table } from '#model/catalog.ts';
import { pipelineText } from './init.ts';
import { planPipeline } from './plan.ts';
import { readPipelineFile } from './read-file.ts';
import { PIPELINE_SCHEMA } from './schema.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-file-'));
  writeFileSync(join(folder, 'schema.sql'), 'CREATE TABLE a (id int PRIMARY KEY);');
  writeFileSync(
    join(folder, 'source.json'),
    '{"config": {"connector.class": "x", "topic.prefix": "p", "tasks.max": 1}}',
  );
  writeFileSync(join(folder, 'avro.json'), '{"connector.class": "x", "value.converter": "com.acme.AvroConverter"}');
  writeFileSync(join(folder, 'no-json.json'), '{');
  writeFileSync(join(folder, 'no-connector.json'), '{"a": 1}');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(text: string) {
  writeFileSync(join(folder, 'p.yaml'), text);
  return readPipelineFile('p.yaml', folder);
}

function refusal(text: string): unknown {
  try {
    planPipeline(read(text));
  } catch (error) {
    return error;
  }
  throw new Error('not refused');
}

test.each([
  ['source: { schema: [a', 'yaml-error', 'p.yaml:1:', undefined],
  ['source: { schema: schema.sql }\nsubject: []', 'pipeline-invalid', 'p.yaml:2: subject:', 'did you mean subjects?'],
  [
    'source: { schema: schema.sql }\nfaults:\n  - none\n  - restart-conector',
    'pipeline-invalid',
    'p.yaml:4: faults.1:',
    'did you mean restart-connector?',
  ],
  ['source:\n  schem: x', 'pipeline-invalid', 'p.yaml:2: source.schem:', 'did you mean schema?'],
  [
    'source: { schema: schema.sql }\nsubjects: [{ name: x }]',
    'pipeline-invalid',
    'p.yaml:2: subjects.0: one property is missing',
    undefined,
  ],
  [
    'source: { schema: schema.sql }\nsubjects: [{ name: x, builtin: dedup, command: y }]',
    'pipeline-invalid',
    'p.yaml:2: subjects.0: only one of these can be given',
    undefined,
  ],
  [
    'source: { schema: schema.sql }\nfaults: [none, { fault: none, records: 5 }]',
    'fault-parameter',
    'none takes no records',
    'remove records',
  ],
  [
    'source: { schema: schema.sql }\nfaults:\n  - { fault: restart-connector, table: orders }',
    'fault-parameter',
    'p.yaml:3: restart-connector takes no table',
    'remove table',
  ],
  [
    'source: { schema: schema.sql }\nfaults:\n  - network-cut',
    'fault-parameter',
    'p.yaml:3: network-cut does not say between which two',
    'write { fault: network-cut, between: [broker, consumer] }',
  ],
  [
    'source: { schema: schema.sql }\nfaults:\n  - { fault: network-slow, between: [source, sink] }',
    'fault-parameter',
    'p.yaml:3: source and sink do not talk to each other',
    'write { fault: network-slow, between: [broker, consumer] }',
  ],
  [
    'source: { schema: schema.sql }\nfaults:\n  - { fault: network-cut, between: [broker, broker], one_way: true }',
    'fault-parameter',
    'p.yaml:3: network-cut between brokers has no direction',
    'remove one_way',
  ],
  [
    'source: { schema: schema.sql }\nfaults:\n  - { fault: network-slow, between: [sink, consumer], reset: true }',
    'fault-parameter',
    'p.yaml:3: network-slow takes no reset',
    'remove reset',
  ],
  ['writer: { rate: 5 }', 'pipeline-invalid', '"source" is missing', undefined],
  [
    'source: { schema: schema.sql }\nsubjects:\n  - { name: x, comand: y }',
    'pipeline-invalid',
    'p.yaml:3: subjects.0.comand:',
    'did you mean command?',
  ],
  ['source: { schema: schema.sql }\nexpect: { none: surely }', 'pipeline-invalid', 'p.yaml:2: expect.none', undefined],
  [
    'source: { schema: schema.sql }\nexpect: { none: shows orphn }',
    'unknown-anomaly',
    'p.yaml:2: there is no anomaly "orphn"',
    'did you mean orphan?',
  ],
  [
    'source: { schema: schema.sql }\nsubjects: [{ name: mine, builtin: dedup }]\nexpect: { none: { mime: converges } }',
    'unknown-subject',
    'p.yaml:3: expect.none: there is no subject "mime"',
    'did you mean mine?',
  ],
  [
    'source: { schema: schema.sql }\nsubjects:\n  - { name: a, builtin: dedup }\n  - { name: a, builtin: insert }',
    'subject-twice',
    'p.yaml:4: there are two subjects "a"',
    undefined,
  ],
  [
    'source: { schema: schema.sql }\nconnector: source.json\nfaults:\n  - none\n  - snapshot-again',
    'fault-impossible',
    "p.yaml:5: snapshot-again cannot be injected into this pipeline: only the lab's own connector",
    'remove snapshot-again from faults',
  ],
  [
    'source: { schema: schema.sql }\nsubjects: [{ name: a, builtin: dedup }]\nfaults: [crash-consumers]',
    'fault-impossible',
    'p.yaml:3: crash-consumers cannot be injected into this pipeline: no consumer is a process of its own',
    undefined,
  ],
  [
    'source: { schema: schema.sql }\nwriter: { command: x }\nfaults: [{ fault: truncate, table: a }]',
    'fault-impossible',
    'p.yaml:3: truncate cannot be injected into this pipeline: only the built-in writer',
    undefined,
  ],
  [
    'source: { schema: schema.sql }\nfaults: [none]\nexpect:\n  none: converges\n  truncate: shows orphan',
    'expect-not-run',
    'p.yaml:5: expect.truncate: this fault is not run: it is not listed under faults',
    'add truncate to faults',
  ],
  [
    'source: { schema: schema.sql }\nexpect: { pass-retention: shows lost }',
    'expect-not-run',
    'p.yaml:2: expect.pass-retention: this fault is not run: it is run only if it is listed under faults',
    'add pass-retention to faults',
  ],
  [
    'source: { schema: schema.sql }\nconnector: source.json\nexpect: { snapshot-again: converges }',
    'expect-not-run',
    "p.yaml:3: expect.snapshot-again: this fault is not run: only the lab's own connector",
    'remove snapshot-again from expect',
  ],
  ['source: { schema: none.sql }', 'file-missing', 'p.yaml:1: none.sql', 'paths are relative to p.yaml'],
  [
    'source: { schema: schema.sql }\n\nconnector: no-json.json',
    'connector-file',
    'p.yaml:3: no-json.json:1: this is no JSON',
    undefined,
  ],
  [
    'source: { schema: schema.sql }\nconnector: no-connector.json',
    'connector-file',
    'p.yaml:2: no-connector.json:1: this is no connector',
    undefined,
  ],
  [
    'source: { schema: schema.sql }\nconnector: source.json\nsubjects:\n  - { name: a, connector: source.json }',
    'sink-elsewhere',
    'p.yaml:4: source.json is no JDBC sink',
    'SINK_URL',
  ],
  [
    'source: { schema: schema.sql }\nconnector: avro.json',
    'converter-missing',
    'p.yaml:2: avro.json: the class of value.converter is not here',
    'plugins: [my-converter/]',
  ],
  [
    'source: { schema: schema.sql }\nplugins: schema.sql',
    'file-missing',
    'p.yaml:2: schema.sql is a file, and plugins are named by their folders',
    'name the folder that it is in',
  ],
])('%j is refused with line, path and what to do', (text, code, words, hint) => {
  expect(refusal(text)).toMatchObject({
    ...{ code, exit: 2, message: expect.stringContaining(words) },
    ...(hint === undefined ? {} : { hint: expect.stringContaining(hint) }),
  });
});

test('a file that is not there says how to begin', () => {
  expect(() => readPipelineFile('nothing.yaml', folder)).toThrow(/nothing\.yaml cannot be read/);
});

test('only the schema is needed: the lab fills in the rest', () => {
  const scenario = planPipeline(read('source: { schema: schema.sql }'));
  expect(Object.keys(scenario.variants)).toEqual(['debezium-jdbc', 'control']);
  expect(scenario.modes.map(({ id }) => id)).toEqual([
    ...['none', 'restart-connector', 'pause-consumers', 'crash-consumers', 'truncate', 'snapshot-again'],
  ]);
  expect(scenario.design?.connectors).toEqual([]);
});

test('faults that a pipeline cannot be given are left out, as is the one that is run only where it is asked for', () => {
  const own = 'source: { schema: schema.sql }\nconnector: source.json\nsubjects: [{ name: x, builtin: dedup }]\n';
  const faults = (text: string) => planPipeline(read(text)).modes.map(({ id }) => id);
  expect(faults(own)).toEqual(['none', 'restart-connector', 'pause-consumers', 'truncate']);
  expect(faults(`${own}writer: { command: x }`)).toEqual(['none', 'restart-connector', 'pause-consumers']);
  expect(faults(`${own}faults: [pass-retention, none]`)).toEqual(['pass-retention', 'none']);
});

test('faults of clusters are run by themselves where the file has a cluster, or somebody asks for one', () => {
  const faults = (text: string, topology?: object) =>
    planPipeline(read(`source: { schema: schema.sql }\n${text}`), { topology })
      .modes.map(({ id }) => id)
      .filter((id) => /broker|leader|worker/.test(id));
  const ofBrokers = ['kill-broker', 'move-leaders', 'stop-brokers'];
  expect(faults('')).toEqual([]);
  expect(faults('brokers: 3')).toEqual(ofBrokers);
  expect(faults('brokers: 3', { brokers: 1, workers: 2 })).toEqual(['kill-worker', 'zombie-worker']);
  expect(faults('faults: [kill-broker]')).toEqual(['kill-broker']);
  expect(planPipeline(read('source: { schema: schema.sql }\nworkers: 2')).topology).toEqual({ workers: 2 });
});

test("what the lab's applier cannot read it is not given: the control is left out and told, a subject refused", () => {
  writeFileSync(join(folder, 'flat.json'), '{"connector.class": "x", "value.converter.schemas.enable": "false"}');
  const flat = 'source: { schema: schema.sql }\nconnector: flat.json\n';
  const { variants, notes } = planPipeline(read(`${flat}subjects: [{ name: a, command: x }]\ncontrol: true`));
  expect(Object.keys(variants)).toEqual(['a']);
  expect(notes?.unchecked.join()).toContain('value.converter.schemas.enable=false in flat.json');
  expect(refusal(`${flat}subjects: [{ name: a, builtin: dedup }]`)).toMatchObject({
    code: 'builtin-cannot-read',
    exit: 2,
  });
});

test("what a mapping leaves out is left out of every comparison, that of the lab's own appliers as well", () => {
  const { variants } = planPipeline(
    read(`source: { schema: schema.sql }
subjects: [{ name: own, command: x }, { name: built, builtin: upsert }]
control: true
mapping: { a: false, b: { table: dim_b } }`),
  );
  const table = (name: string): Table => ({ schema: 'public', name, columns: [], key: ['id'] });
  const sinks = new Map(['a', 'b', 'dim_b'].map((name) => [`public.${name}`, table(name)]));
  const paired = (name: string) => Object.values(variants).map(({ pair }) => pair?.(table(name), sinks)?.sink?.name);
  expect(Object.keys(variants)).toEqual(['own', 'built', 'control']);
  expect(paired('a')).toEqual([undefined, undefined, undefined]);
  expect(paired('b')).toEqual(['dim_b', 'b', 'b']);
});

test('the control leaves alone what nothing names a row of, and takes a unique index that does for a key', () => {
  const { variants } = planPipeline(read('source: { schema: schema.sql }'));
  const table = (namesRows?: boolean): Table => ({
    ...{ schema: 'public', name: 't', columns: [], key: [] },
    ...(namesRows === undefined ? {} : { unique: { columns: ['a'], namesRows } }),
  });
  const judged = (of: Table) => Object.values(variants).map(({ pair }) => pair?.(of, new Map()) !== undefined);
  expect(Object.keys(variants)).toEqual(['debezium-jdbc', 'control']);
  expect(judged(table())).toEqual([true, false]);
  expect(judged(table(false))).toEqual([true, false]);
  expect(judged(table(true))).toEqual([true, true]);
});

test('both shapes of a connector are read, and numbers become text', () => {
  const { design } = planPipeline(read('source: { schema: schema.sql }\nconnector: source.json'));
  expect(design?.connectors[0]?.config).toEqual({ 'connector.class': 'x', 'topic.prefix': 'p', 'tasks.max': '1' });
});

test('expectations of all subjects and of single ones', () => {
  const text = `source: { schema: schema.sql }
subjects: [{ name: a, builtin: insert }, { name: b, builtin: dedup }]
faults: [none, restart-connector]
expect: { none: converges within 30s, restart-connector: { a: "shows duplicate (may stale)" } }`;
  const [none, restart] = planPipeline(read(text)).modes.map(({ steps }) => steps[0]?.expect);
  expect(none).toEqual({ a: { kind: 'converges', withinMs: 30_000 }, b: { kind: 'converges', withinMs: 30_000 } });
  expect(restart).toEqual({
    a: { kind: 'shows', must: ['duplicate'], may: ['stale', 'partial-transaction'] },
    b: { kind: 'converges' },
  });
});

test('what init writes can be read, with every answer and with none', () => {
  for (const answers of [
    { schema: 'schema.sql' },
    { schema: 'schema.sql', connector: 'source.json', sink: 'source.json', command: 'x: "y" # z', writer: "it's" },
  ]) {
    const { file } = read(pipelineText(answers, 'pipeline.schema.json'));
    expect(file.source.schema).toBe('schema.sql');
    expect(file.connector).toBe(answers.connector);
    expect(file.writer?.command).toBe(answers.writer);
    expect(file.subjects?.map(({ command }) => command).at(-1)).toBe(answers.command);
  }
});

test('every commented line of what init writes is right as well', () => {
  const lines = pipelineText({ schema: 'schema.sql' }, 'pipeline.schema.json').split('\n');
  const bare = lines.map((line) =>
    /^# ?( *[\w.-]+:| {2,}|- )/.test(line) && !/^# (Your|All|Paths|yaml-language-server)/.test(line)
      ? line.slice(2)
      : line,
  );
  const { file } = read(bare.join('\n'));
  expect(Object.keys(file)).toEqual(
    expect.arrayContaining(['connector', 'plugins', 'subjects', 'sink', 'mapping', 'writer', 'faults', 'expect']),
  );
});

test.each([
  ['connector: 1', 'p.yaml:2: connector: this must be a text or a mapping or a list', 'Your Debezium connector'],
  ['subjects: { a: { builtin: dedup } }', 'p.yaml:2: subjects: this must be a list', 'a list, each with a name'],
  ['writer: { rate: fast }', 'p.yaml:2: writer.rate: this must be a number', 'Transactions per second'],
  ['control: 1', 'p.yaml:2: control: this must be true or false', 'dedup applier'],
  ['subjects: [null]', 'p.yaml:2: subjects.0: this must be a mapping', 'Exactly one of connector'],
  ['subjects: [dedup]', 'p.yaml:2: subjects.0: this must be a mapping', 'Exactly one of connector'],
  [
    'mapping: { public.a: 3 }',
    'p.yaml:2: mapping.public.a: this must be a text or a mapping',
    'False: it is not compared',
  ],
])('%s: a value of another kind is told with what belongs there', (line, message, expected) => {
  expect(refusal(`source: { schema: schema.sql }\n${line}`)).toMatchObject({
    code: 'pipeline-invalid',
    message,
    expected: expect.stringContaining(expected),
  });
});

test('the published JSON Schema is the one that files are checked against', () => {
  const published: unknown = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../docs/pipeline.schema.json'), 'utf8'),
  );
  expect(published).toEqual(JSON.parse(JSON.stringify(PIPELINE_SCHEMA)));
});

test.each([
  ['writer: { rate: 1e99 }', 'p.yaml:2: writer.rate: this must be a number from 0.1 to 100000'],
  ['writer: { rate: 0 }', 'p.yaml:2: writer.rate: this must be a number from 0.1 to 100000'],
  [
    'faults: [{ fault: pass-retention, records: 1e99 }]',
    'p.yaml:2: faults.0.records: this must be a number from 1 to 100000',
  ],
  ['expect: { none: converges within 99999999999999999999s }', 'p.yaml:2: 99999999999999999999 s is out of range'],
  ['expect: { none: converges within 0s }', 'p.yaml:2: 0 s is out of range'],
])('%s is out of range, and the range is named', (line, words) => {
  expect(refusal(`source: { schema: schema.sql }\n${line}`)).toMatchObject({
    ...{ exit: 2, message: expect.stringContaining(words) },
  });
});

test('a mapping at a subject stands in place of the file’s, table by table', () => {
  const { variants } = planPipeline(
    read(
      'source: { schema: schema.sql }\nmapping: { a: false, b: other }\nsubjects:\n  - { name: own, command: x, mapping: { public.a: there } }\n  - { name: as, command: x }',
    ),
  );
  const [a, b] = ['a', 'b'].map((name): Table => ({ schema: 'public', name, key: [], columns: [] }));
  const sinks = new Map(
    ['there', 'other'].map((name) => [`public.${name}`, { schema: 'public', name, key: [], columns: [] }]),
  );
  const paired = (subject: string, table: Table | undefined) =>
    table === undefined ? undefined : variants[subject]?.pair?.(table, sinks)?.sink?.name;
  expect([paired('own', a), paired('own', b), paired('as', a), paired('as', b)]).toEqual([
    'there',
    'other',
    undefined,
    'other',
  ]);
});
