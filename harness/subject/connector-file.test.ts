import { describe, expect, test } from 'vitest';
import { inlineConnectors, readConnectors } from './connector-file.ts';
import { readProperties } from './properties-file.ts';

const STRIMZI = `apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaConnect
metadata: { name: my-connect }
---
apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaConnector
metadata:
  name: dw-sink
  labels: { strimzi.io/cluster: my-connect }
spec:
  class: io.debezium.connector.jdbc.JdbcSinkConnector
  tasksMax: 2
  autoRestart: { enabled: true }
  config:
    topics: shop.public.a
    delete.enabled: true
    batch.size: 500
`;

const CONFLUENT = `apiVersion: platform.confluent.io/v1beta1
kind: Connector
metadata: { name: dw-sink, namespace: confluent }
spec:
  name: DW_SINK
  class: io.debezium.connector.jdbc.JdbcSinkConnector
  taskMax: 4
  configs:
    topics: shop.public.a
  restartPolicy: { type: OnFailure, maxRetry: 10 }
`;

describe('each shape in which a connector is deployed', () => {
  test.each([
    [
      'as it is posted',
      'c.json',
      '{"name": "dw-sink", "config": {"connector.class": "x", "tasks.max": 1, "flag": true, "unset": null}}',
      [{ name: 'dw-sink', config: { 'connector.class': 'x', 'tasks.max': '1', flag: 'true' } }],
    ],
    [
      'as it is put',
      'c.json',
      '\uFEFF{"name": "dw-sink", "connector.class": "x"}',
      [{ name: 'dw-sink', config: { 'connector.class': 'x' } }],
    ],
    [
      'a standalone worker’s properties',
      'c.properties',
      '# a sink\nname=dw-sink\nconnector.class = x\ntopics: a,\\\n  b\n! no property\nregex=a\\\\.b\\u0041',
      [{ name: 'dw-sink', config: { 'connector.class': 'x', topics: 'a,b', regex: 'a\\.bA' } }],
    ],
    [
      'Strimzi’s resource, beside others',
      'c.yaml',
      STRIMZI,
      [
        {
          name: 'dw-sink',
          config: {
            ...{ 'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector', 'tasks.max': '2' },
            ...{ topics: 'shop.public.a', 'delete.enabled': 'true', 'batch.size': '500' },
          },
        },
      ],
    ],
    [
      'Confluent’s resource, twice',
      'c.yml',
      `${CONFLUENT}---\n${CONFLUENT.replace('DW_SINK', 'other')}`,
      ['DW_SINK', 'other'].map((name) => ({
        name,
        config: {
          ...{ 'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector', 'tasks.max': '4' },
          topics: 'shop.public.a',
        },
      })),
    ],
    [
      'Confluent’s blueprint',
      'c.yaml',
      'apiVersion: apps.cpc.platform.confluent.io/v1beta1\nkind: Connector\nspec:\n  name: dw\n  connectorConfigs: { class: x, taskMax: 1, configs: { topics: a } }',
      [{ name: 'dw', config: { 'connector.class': 'x', 'tasks.max': '1', topics: 'a' } }],
    ],
    [
      'a list of resources',
      'c.yaml',
      'apiVersion: v1\nkind: List\nitems:\n  - apiVersion: kafka.strimzi.io/v1\n    kind: KafkaConnector\n    spec: { class: x }',
      [{ config: { 'connector.class': 'x' } }],
    ],
  ])('%s', (_, file, text, connectors) => {
    expect(readConnectors(text, file, 'p.yaml:3')).toEqual(connectors);
  });

  test('in the pipeline file itself', () => {
    const config = { 'connector.class': 'x', 'tasks.max': 1 };
    const at = () => 'p.yaml:3';
    const as = { config: { 'connector.class': 'x', 'tasks.max': '1' } };
    expect(inlineConnectors(config, at)).toEqual([as]);
    expect(inlineConnectors({ name: 'dw', config }, at)).toEqual([{ name: 'dw', ...as }]);
  });
});

test.each([
  ['c.json', '{\n  "connector.class": "x",\n}', 'p.yaml:3: c.json:3: this is no JSON'],
  ['c.json', '{"connector.class": "x",\n"topics": ["a", "b"]}', 'p.yaml:3: c.json:2: topics is no property'],
  ['c.json', '{"a": 1}', 'p.yaml:3: c.json:1: this is no connector'],
  ['c.json', '['.repeat(100_000) + ']'.repeat(100_000), 'p.yaml:3: c.json:1: this is no connector'],
  ['c.json', `{"a": "${'a'.repeat(300_000)}"}`, 'p.yaml:3: c.json has more than 256 Ki characters'],
  ['c.json', '[1]', 'p.yaml:3: c.json:1: this is no connector'],
  ['c.properties', 'name=a\n\ntopics=b', 'p.yaml:3: c.properties:1: this is no connector'],
  ['c.yaml', STRIMZI.replace(/ {2}class: .*\n/, ''), 'p.yaml:3: c.yaml:10: this KafkaConnector names no class'],
  ['c.yaml', STRIMZI.replace('shop.public.a', '[a, b]'), 'p.yaml:3: c.yaml:15: spec.config.topics is no property'],
  ['c.yaml', STRIMZI.split('---')[0] ?? '', 'p.yaml:3: c.yaml has no connector'],
  ['c.yaml', '', 'p.yaml:3: c.yaml has no connector'],
  ['c.yaml', 'a: *x', 'c.yaml:1:4: this is no YAML'],
])('%s with what is none is refused with its line', (file, text, words) => {
  expect(() => readConnectors(text, file, 'p.yaml:3')).toThrow(
    expect.objectContaining({ exit: 2, message: expect.stringContaining(words) }),
  );
});

test('properties are read as Java reads them, with their lines', () => {
  const { values, lines } = readProperties('a\\=b = c \\\n   d\r\n  e\tf\n=g\nh\n# i=j\nk=l\\\\\nm=n');
  expect(values).toEqual({ 'a=b': 'c d', e: 'f', '': 'g', h: '', k: 'l\\', m: 'n' });
  expect([...lines]).toEqual([
    ['a=b', 1],
    ['e', 3],
    ['', 4],
    ['h', 5],
    ['k', 7],
    ['m', 8],
  ]);
});
