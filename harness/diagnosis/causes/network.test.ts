import { findingOf } from '#testing/diagnosis-facts.ts';
import { builtinSubject, programSubject, sinkSubject, testPlantings, trace } from '#testing/planting.ts';
import { NETWORK } from './network.ts';

const cut = { kind: 'network-cut', bit: true, figures: {} };

testPlantings(NETWORK, {
  'sink-connection-lost': {
    facts: {
      ...{ subject: sinkSubject(), fault: cut, findings: [findingOf('stalled')] },
      words: trace('org.postgresql.util.PSQLException: An I/O error occurred while sending to the backend.'),
    },
    advises: 'onlyFailed=true',
    control: { words: [] },
    controls: [
      { subject: programSubject() },
      { words: trace('io.apicurio.registry.rest.client.exception.RestClientException: Connection reset by peer') },
    ],
  },
  'sent-again-after-cut': {
    facts: { subject: programSubject(), fault: cut, findings: [findingOf('duplicate')] },
    advises: 'write by primary key',
    control: { findings: [findingOf('lost')] },
    controls: [{ fault: { ...cut, bit: false } }, { subject: builtinSubject({ mode: 'insert' }) }],
  },
});
