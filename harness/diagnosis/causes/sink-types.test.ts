import { expect, test } from 'vitest';
import { diagnose } from '#diagnosis/diagnose.ts';
import { factsWith, findingOf, jdbcSink, sourceConnector } from '#testing/diagnosis-facts.ts';
import {
  confluentSubject,
  explains,
  items,
  type Planting,
  refusedBatch,
  STOPPED,
  sinkSubject,
  testPlantings,
  trace,
} from '#testing/planting.ts';
import { SINK_TYPES } from './sink-types.ts';

function refusal(column: string, type: string, given: string) {
  return refusedBatch(
    `column "${column}" is of type ${type} but expression is of type ${given}\n  Hint: You will need to rewrite or cast the expression.\n  Position: 64`,
  );
}

/** The control is a column of text that is too short: the same connector, another refusal. */
function planted(type: string, advises: string, more: Partial<Planting['facts']> = {}, given = 'character varying') {
  return {
    facts: { subject: sinkSubject(), findings: STOPPED, words: refusal('value', type, given), ...more },
    advises,
    control: { words: refusedBatch('value too long for type character varying(5)') },
  };
}

const NO_ARRAY = 'org.postgresql.util.PSQLException: Unable to find server array type for provided name';
const UNNEST = 'dialect.postgres.unnest.insert.enabled';
const UNSPECIFIED = 'jdbc:postgresql://db/dw?stringtype=unspecified';
const arrays = { tables: [items({ prices: 'numeric(10,2)[]', tags: 'text[]', price: 'numeric(10,2)' })] };

testPlantings(SINK_TYPES, {
  'sink-array-element': {
    facts: {
      ...{ subject: sinkSubject(), findings: STOPPED, sources: [sourceConnector({})], ...arrays },
      words: trace(`${NO_ARRAY} decimal(10,2).`),
    },
    advises: 'in source.json: decimal.handling.mode=double',
    control: { words: trace('org.postgresql.util.PSQLException: ERROR: deadlock detected') },
    also: {
      'where decimals are doubles already, in the log of the worker': {
        facts: {
          sources: [sourceConnector({ 'decimal.handling.mode': 'double' })],
          words: [{ from: 'worker-log', name: 'warehouse', text: `${NO_ARRAY} decimal(10,2)` }],
        },
        omits: 'decimal.handling.mode',
      },
      "where the source connector is the lab's own": {
        facts: { sources: [] },
        says: 'in the source connector: decimal.handling.mode=double, if',
      },
      'for another type, of which any array may be': {
        facts: { words: trace(`${NO_ARRAY} mood.`) },
        says: 'sends items.prices or items.tags as an array of mood, but',
        omits: 'decimal.handling.mode',
      },
      'for an array of a table that is not known': {
        facts: { words: trace(`${NO_ARRAY} mood.`), tables: [] },
        says: 'The connector sends an array as an array of mood',
      },
    },
  },
  'sink-type-json': planted('jsonb', 'stringtype=unspecified', { subject: confluentSubject() }),
  'sink-type-uuid': planted('uuid', 'in sink.json: hibernate.connection.stringtype=unspecified'),
  'sink-type-inet': planted('inet', 'stringtype=unspecified'),
  'sink-type-hstore': planted('hstore', 'make value jsonb'),
  'sink-type-ltree': planted('ltree', 'stringtype=unspecified'),
  'sink-type-interval': {
    ...planted('interval', 'interval.handling.mode=string', { sources: [sourceConnector({})] }, 'bigint'),
    also: {
      'where it is sent as text': {
        facts: {
          sources: [sourceConnector({ 'interval.handling.mode': 'string' })],
          words: refusal('value', 'interval', 'character varying'),
        },
        says: 'add stringtype=unspecified',
        omits: 'in source.json',
      },
    },
  },
  'sink-type-array': {
    ...planted('mood[]', 'make value text[]', {}, 'text[]'),
    also: {
      'where it is sent as text': {
        facts: { words: refusal('value', 'mood[]', 'character varying') },
        says: 'add stringtype=unspecified',
      },
    },
  },
  'sink-type-timestamp': {
    ...planted(
      'timestamp without time zone',
      'in source.json: time.precision.mode=connect',
      { sources: [sourceConnector({ 'time.precision.mode': 'adaptive' })] },
      'bigint',
    ),
    also: {
      'where the connector sends types of Connect, and a transform a string': {
        facts: {
          sources: [sourceConnector({ 'time.precision.mode': 'connect' })],
          words: refusal('value', 'date', 'character varying'),
        },
        says: ['add stringtype=unspecified', 'a TimestampConverter transform for value'],
        omits: 'time.precision.mode',
      },
    },
  },
  'sink-type-enum': {
    ...planted('mood', 'make value text', {
      subject: sinkSubject({}, { connectors: [jdbcSink({ 'connection.url': UNSPECIFIED })] }),
    }),
    also: {
      'where one of two connectors has the setting': {
        facts: {
          subject: sinkSubject(
            {},
            { connectors: [jdbcSink({ 'connection.url': UNSPECIFIED }), { ...jdbcSink(), file: 'second.json' }] },
          ),
        },
        says: 'in second.json: add stringtype=unspecified',
        omits: 'in sink.json',
      },
    },
  },
  'sink-type-boolean': {
    ...planted(
      'boolean',
      'in source.json: converters=truth and truth.type=',
      { sources: [sourceConnector({})] },
      'smallint',
    ),
    also: {
      "where the source connector is the lab's own": {
        facts: { sources: [] },
        says: 'make value smallint',
        omits: 'converters',
      },
    },
  },
  'sink-type-other': {
    ...planted('boolean', 'give value the type that it has at the source', {}, 'integer'),
    also: {
      'of a type that only looks like a time': { facts: { words: refusal('value', 'my_timestamp', 'integer') } },
    },
  },
});

function advised(type: string, given: string, config: Readonly<Record<string, string>> = {}) {
  const subject = sinkSubject(config);
  const [cause] = diagnose(factsWith({ subject, findings: STOPPED, words: refusal('value', type, given) }));
  return cause;
}

test("a truth that is sent as a number has the page of the source's own connector", () => {
  const facts = { subject: sinkSubject(), findings: STOPPED, words: refusal('value', 'boolean', 'smallint') };
  const docsOf = (name: string) =>
    diagnose(factsWith({ ...facts, sources: [sourceConnector({ 'connector.class': name })] }))[0]?.docs;
  expect(docsOf('io.debezium.connector.mysql.MySqlConnector')).toMatch(/mysql\.html#mysql-basic-types$/);
  expect(docsOf('io.debezium.connector.mariadb.MariaDbConnector')).toMatch(/mariadb\.html#mariadb-basic-types$/);
});

test('the type that the connector sends is read whole, an array included', () => {
  expect(advised('mood[]', 'text[]')?.says).toContain('the connector sends text[]:');
});

test('the message of the server is read to its end, in the log of the worker too', () => {
  const text = 'ERROR: column "value" is of type uuid but expression is of type character varying';
  const words = [{ from: 'worker-log', name: 'warehouse', text }] as const;
  const [cause] = diagnose(factsWith({ subject: sinkSubject(), findings: STOPPED, words }));
  expect(cause?.says).toContain('the connector sends character varying:');
});

test.each([
  ['json', 'sink-type-json'],
  ['cidr', 'sink-type-inet'],
  ['macaddr', 'sink-type-inet'],
  ['macaddr8', 'sink-type-inet'],
  ['lquery', 'sink-type-ltree'],
  ['ltxtquery', 'sink-type-ltree'],
  ['time with time zone', 'sink-type-timestamp'],
])('%s is one of the types of %s', (type, code) => {
  expect(advised(type, 'character varying')?.code).toBe(code);
});

test.each([
  ['text', 'sink-type-enum'],
  ['unknown', 'sink-type-enum'],
  ['bigint', 'sink-type-other'],
])('what is sent as %s to a type of a user is %s', (given, code) => {
  expect(advised('mood', given)?.code).toBe(code);
});

test("the driver's setting is advised for plain strings alone", () => {
  expect(advised('inet', 'character varying')?.remedy.join()).toContain('stringtype=unspecified');
  for (const [type, given] of [
    ['mood[]', 'text[]'],
    ['jsonb', 'json'],
    ['uuid', 'text'],
    ['hstore', 'character varying'],
  ] as const)
    expect(advised(type, given)?.remedy.join(), given).not.toContain('stringtype');
});

test('where the connector casts a batch itself, that is what to switch off', () => {
  expect(advised('jsonb', 'json', { [UNNEST]: 'true' })?.remedy).toContain(`in sink.json: ${UNNEST}=false`);
});

test.each(['sink-array-element', 'sink-type-uuid'])('%s: what a connector that stops leaves behind', (code) => {
  const anomalies = ['stalled', 'lost', 'stale', 'orphan', 'partial-transaction'] as const;
  const words = code === 'sink-type-uuid' ? refusal('value', 'uuid', 'text') : trace(`${NO_ARRAY} mood.`);
  const findings = [...anomalies, 'corrupt' as const, 'duplicate' as const].map((anomaly) => findingOf(anomaly));
  expect(explains(code, { subject: sinkSubject(), words, findings })).toEqual(
    anomalies.map((anomaly) => `${anomaly} public.items`),
  );
});
