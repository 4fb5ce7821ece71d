import type { ServerWords } from '#model/cause.ts';
import { findingOf } from '#testing/diagnosis-facts.ts';
import { sinkSubject, testPlantings, trace } from '#testing/planting.ts';
import { REGISTRY } from './registry.ts';

const TOLERANCE = 'Tolerance exceeded in error handler';
const APICURIO = 'io.apicurio.registry.rest.client.exception';
const emptied = { kind: 'empty-registry', bit: true, figures: { numbers_given_anew: 4 } };
const stalled = { findings: [findingOf('stalled')] };
const uncaptured = { findings: [findingOf('stalled', { hop: 'source-to-log' })] };

const sink = (reason: string) => trace(reason, TOLERANCE);
const source = (reason: string): ServerWords[] =>
  sink(reason).map((words) => ({ ...words, from: 'source-task', name: 'app-source' }));
const confluent = (reason: string, error = 'serializing Avro message') =>
  source(`org.apache.kafka.common.errors.SerializationException: Error ${error}\nCaused by: ${reason}`);

testPlantings(REGISTRY, {
  'registry-unreachable': {
    facts: { subject: sinkSubject(), ...uncaptured, words: source(`${APICURIO}.RestClientException`) },
    advises: 'curl <registry>/subjects',
    control: { words: [] },
    controls: [{ findings: [findingOf('stalled')] }],
    also: {
      'through a proxy, for a sink connector': {
        facts: { ...stalled, words: sink(`${APICURIO}.RestClientException: HTTP/1.1 header parser received no bytes`) },
        says: 'sink connector warehouse',
      },
      "by Confluent's converter": {
        facts: { words: confluent('java.net.ConnectException: Connection refused') },
        says: 'source connector app-source',
      },
    },
  },
  'registry-incompatible': {
    facts: {
      ...{ subject: sinkSubject(), ...uncaptured },
      words: source(
        `${APICURIO}.RuleViolationException: Incompatible artifact: app.public.items-value [AVRO], num of incompatible diffs: {1}`,
      ),
    },
    advises: '<registry>/config/app.public.items-value',
    control: { words: [] },
    also: {
      'with the level that the registry has': {
        facts: { compatibility: { 'app.public.items-value': 'FORWARD' } },
        says: [
          'under the level FORWARD',
          'the compatibility level of app.public.items-value is FORWARD',
          'FORWARD: no column is dropped',
        ],
        omits: 'BACKWARD',
      },
      'under both demands': {
        facts: { compatibility: { 'app.public.items-value': 'FULL_TRANSITIVE' } },
        says: ['FULL_TRANSITIVE: a new column may be NULL', 'no type becomes wider'],
      },
      "by Confluent's converter": {
        facts: {
          words: confluent(
            'io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException: Schema being registered is incompatible with an earlier schema for subject "items-value", details: []; error code: 409',
            'registering Avro schema',
          ),
        },
        says: '<registry>/config/items-value',
      },
    },
  },
  'registry-schema-missing': {
    facts: {
      ...{ subject: sinkSubject(), ...stalled },
      words: sink(`${APICURIO}.ContentNotFoundException: No content with ID '3' was found.`),
    },
    advises: 'restore what the registry has stored',
    control: { words: [] },
    also: {
      "by Confluent's converter, without the number": {
        facts: {
          words: sink(
            'io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException: Schema not found; error code: 40403',
          ),
        },
        says: 'name schema numbers',
      },
    },
  },
  'registry-refused': {
    facts: {
      ...{ subject: sinkSubject(), ...uncaptured },
      words: source(`${APICURIO}.RestClientException: Error in the backend data store`),
    },
    advises: "the registry's own log",
    control: { words: [] },
    controls: [{ words: source(`${APICURIO}.RestClientException`) }],
    also: {
      "by Confluent's converter": {
        facts: {
          words: confluent(
            'io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException: Input schema is an invalid Avro schema; error code: 42201',
            'registering Avro schema',
          ),
        },
        says: 'invalid Avro schema',
      },
    },
  },
  'registry-numbers-anew': {
    facts: {
      ...{ subject: sinkSubject(), ...stalled, fault: emptied },
      words: sink('java.lang.NumberFormatException: Zero length BigInteger'),
    },
    advises: 'restart every consumer',
    control: { words: [] },
    controls: [
      { fault: { ...emptied, figures: { numbers_given_anew: 0 } } },
      { words: trace('java.lang.NumberFormatException: Zero length BigInteger') },
      { words: sink(`${APICURIO}.ContentNotFoundException: No content with ID '3' was found.`) },
    ],
  },
});
