import { expect, test } from 'vitest';
import { diagnose } from '#diagnosis/diagnose.ts';
import { factsWith, jdbcSink, sourceConnector } from '#testing/diagnosis-facts.ts';
import {
  confluentSubject,
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

testPlantings(SINK_TYPES, {
  'sink-array-element': {
    facts: {
      ...{ subject: sinkSubject(), findings: STOPPED, sources: [sourceConnector({})] },
      ...{ tables: [items({ prices: 'numeric(10,2)[]', tags: 'text[]' })] },
      words: trace(
        'org.postgresql.util.PSQLException: Unable to find server array type for provided name decimal(10,2).',
      ),
    },
    advises: 'in source.json: decimal.handling.mode=double',
    control: { words: trace('org.postgresql.util.PSQLException: ERROR: deadlock detected') },
  },
  'sink-type-json': planted('jsonb', 'stringtype=unspecified', { subject: confluentSubject() }),
  'sink-type-uuid': planted('uuid', 'in sink.json: hibernate.connection.stringtype=unspecified'),
  'sink-type-inet': planted('inet', 'stringtype=unspecified'),
  'sink-type-hstore': planted('hstore', 'make the column jsonb'),
  'sink-type-ltree': planted('ltree', 'stringtype=unspecified'),
  'sink-type-interval': planted(
    'interval',
    'interval.handling.mode=string',
    { sources: [sourceConnector({})] },
    'bigint',
  ),
  'sink-type-array': planted('mood[]', 'make value an array of text', {}, 'text[]'),
  'sink-type-timestamp': planted(
    'timestamp without time zone',
    'take time.precision.mode=adaptive out',
    { sources: [sourceConnector({ 'time.precision.mode': 'adaptive' })] },
    'bigint',
  ),
  'sink-type-enum': planted('mood', 'make value text', {
    subject: sinkSubject(
      {},
      { connectors: [jdbcSink({ 'connection.url': 'jdbc:postgresql://db/dw?stringtype=unspecified' })] },
    ),
  }),
  'sink-type-other': planted('boolean', 'give value the type of the source', {}, 'integer'),
});

function advised(type: string, given: string, config: Readonly<Record<string, string>> = {}) {
  const subject = sinkSubject(config);
  const [cause] = diagnose(factsWith({ subject, findings: STOPPED, words: refusal('value', type, given) }));
  return cause;
}

test('the type that the connector writes is read whole, an array included', () => {
  expect(advised('mood[]', 'text[]')?.says).toContain('the connector writes text[]:');
});

test("the driver's setting is advised for plain strings alone", () => {
  expect(advised('inet', 'character varying')?.remedy.join()).toContain('stringtype=unspecified');
  for (const [type, given] of [
    ['mood[]', 'text[]'],
    ['jsonb', 'json'],
    ['uuid', 'text'],
  ] as const)
    expect(advised(type, given)?.remedy.join(), given).not.toContain('stringtype');
});

test('where the connector casts a batch itself, that is what to switch off', () => {
  const property = 'dialect.postgres.unnest.insert.enabled';
  expect(advised('jsonb', 'json', { [property]: 'true' })?.remedy).toContain(`in sink.json: ${property}=false`);
});
