import { jdbcSink, sourceConnector } from '#testing/diagnosis-facts.ts';
import {
  confluentSubject,
  type Planting,
  refusedBatch,
  STOPPED,
  sinkSubject,
  testPlantings,
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
  'sink-type-array': planted('text[]', 'make value an array of text'),
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
