import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { classesIn } from '#std/plugin-archives.ts';
import { type ConvertingConnector, registryConverters } from './registry-converters.ts';

const CONFLUENT = 'io.confluent.connect.avro.AvroConverter';

let plugins: string;
beforeAll(() => {
  plugins = mkdtempSync(join(tmpdir(), 'driftlab-converters-'));
  mkdirSync(join(plugins, 'own'));
  const classes = { 'io/confluent/connect/avro/AvroConverter.class': strToU8(''), 'com/acme/Own.class': strToU8('') };
  writeFileSync(join(plugins, 'own', 'own.jar'), zipSync(classes));
});
afterAll(() => rmSync(plugins, { recursive: true, force: true }));

const named = (config: Record<string, string>, folders: readonly string[] = []): ConvertingConnector => ({
  connector: { file: 'source.json', config },
  at: 'p.yaml:2',
  hasClass: classesIn(folders),
});

test.each<[Record<string, string>, unknown]>([
  [
    { 'key.converter': CONFLUENT, 'value.converter': CONFLUENT },
    [
      { part: 'key', api: 'confluent', format: 'Avro', here: 'avro' },
      { part: 'value', api: 'confluent', format: 'Avro', here: 'avro' },
    ],
  ],
  [{ 'value.converter': 'AvroConverter' }, [{ part: 'value', api: 'confluent', format: 'Avro', here: 'avro' }]],
  [
    { 'value.converter': 'io.confluent.connect.protobuf.ProtobufConverter' },
    [{ part: 'value', api: 'confluent', format: 'Protobuf', here: 'avro' }],
  ],
  [
    { 'value.converter': 'io.apicurio.registry.utils.converter.AvroConverter' },
    [{ part: 'value', api: 'apicurio', format: 'Avro', here: 'avro' }],
  ],
  [{ 'value.converter': 'org.apache.kafka.connect.json.JsonConverter' }, []],
  [{ 'key.converter': 'StringConverter' }, []],
  [
    { 'value.converter.schema.registry.url': 'http://registry:8081' },
    [{ part: 'value', api: 'confluent', here: 'worker' }],
  ],
])('case %#: the converters that need a registry are known by their classes', (config, found) => {
  expect(registryConverters(named(config))).toEqual(found);
});

test('a class that is among the plugins is used as it is', () => {
  const own = [join(plugins, 'own')];
  expect(registryConverters(named({ 'value.converter': CONFLUENT }, own))).toEqual([
    { part: 'value', api: 'confluent', format: 'Avro', here: 'own' },
  ]);
  const settings = { 'value.converter.apicurio.registry.url': 'http://registry:8080' };
  expect(registryConverters(named({ 'value.converter': 'com.acme.Own', ...settings }, own))).toEqual([
    { part: 'value', api: 'apicurio', here: 'own' },
  ]);
  expect(registryConverters(named({ 'value.converter': 'com.acme.Own' }, own))).toEqual([]);
});

test.each<[string, Record<string, string>, string, string]>([
  [
    'converter-missing',
    { 'value.converter': 'com.acme.Own' },
    'p.yaml:2: source.json: the class of value.converter is not here',
    'plugins: [my-converter/]',
  ],
  [
    'registry-elsewhere',
    { 'key.converter': 'com.amazonaws.services.schemaregistry.kafkaconnect.AWSKafkaAvroConverter' },
    'source.json: key.converter works with the registry of a cloud alone',
    'test a copy of the file',
  ],
  [
    'subject-strategy-unknown',
    { 'value.converter': CONFLUENT, 'value.converter.value.subject.name.strategy': 'com.acme.ByTeam' },
    'source.json: value.converter.value.subject.name.strategy names subjects in a way that nobody here knows',
    'plugins:',
  ],
])('%s: one error says what is not here, and what to do', (code, config, message, hint) => {
  let thrown: unknown;
  try {
    registryConverters(named(config));
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({
    ...{ code, exit: 2, expected: expect.any(String), found: expect.any(String) },
    message: expect.stringContaining(message),
    hint: expect.stringContaining(hint),
  });
});

test.each([
  'io.confluent.kafka.serializers.subject.TopicNameStrategy',
  'io.confluent.kafka.serializers.subject.RecordNameStrategy',
  'io.confluent.kafka.serializers.subject.TopicRecordNameStrategy',
])('%s has a counterpart here', (strategy) => {
  const config = { 'value.converter': CONFLUENT, 'value.converter.value.subject.name.strategy': strategy };
  expect(registryConverters(named(config))).toHaveLength(1);
});
