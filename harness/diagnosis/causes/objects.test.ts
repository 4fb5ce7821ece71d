import type { DiagnosisFacts } from '#model/cause.ts';
import type { ObjectNames } from '#model/pipeline.ts';
import { findingOf, wrongValue } from '#testing/diagnosis-facts.ts';
import { eventOf, testPlantings } from '#testing/planting.ts';
import { OBJECTS } from './objects.ts';

const writer = (names: ObjectNames): DiagnosisFacts['subject'] => ({
  ...{ name: 'raw', kind: 'objects', names, connectors: [], lacking: [] },
});
const iceberg: DiagnosisFacts['subject'] = { name: 'raw', kind: 'iceberg', connectors: [], lacking: [] };
const SDK_FOR_JAVA =
  'software.amazon.awssdk.services.s3.model.S3Exception: The provided token has expired. (Service: S3, Status Code: 403)';
const late = { kind: 'late-lists', bit: true, figures: { objects_hidden_max: 7 } };

testPlantings(OBJECTS, {
  's3-credentials-expired': {
    facts: {
      ...{ subject: writer('offsets'), findings: [findingOf('stalled')] },
      words: [{ from: 'applier', name: 'raw', text: 'HTTP 403 ExpiredToken: The provided token has expired.' }],
    },
    advises: 'start raw again',
    control: { words: [{ from: 'applier', name: 'raw', text: 'HTTP 403 AccessDenied: Access Denied' }] },
    also: {
      'where the SDK for Java leaves the code out': {
        facts: { subject: iceberg, words: [{ from: 'sink-task', name: 'raw', text: SDK_FOR_JAVA }] },
        says: 'The provided token has expired',
      },
    },
  },
  'objects-named-by-time': {
    facts: { subject: writer('times'), findings: [findingOf('duplicate', eventOf('update'))] },
    advises: 'topic, partition and offset of its first record',
    control: { subject: writer('offsets') },
    controls: [{ findings: [] }],
  },
  'objects-counted-by-list': {
    facts: { subject: writer('counted'), fault: late, findings: [findingOf('lost', eventOf('create'))] },
    advises: 'If-None-Match',
    control: { subject: writer('offsets') },
    controls: [{ findings: [] }],
    also: {
      'as likely, where nothing has seen a list that was late': {
        facts: { fault: { kind: 'none', bit: true, figures: {} } },
        says: 'likely, explains lost',
        omits: 'a list left out',
      },
    },
  },
  'iceberg-default-for-null': {
    facts: { subject: iceberg, findings: [wrongValue('gift', null, 'false'), wrongValue('gift', null, 'false')] },
    advises: 'DROP DEFAULT',
    control: { subject: writer('offsets') },
    controls: [
      { findings: [wrongValue('gift', 'true', 'false')] },
      { findings: [wrongValue('gift', null, 'false'), wrongValue('gift', null, 'true')] },
    ],
  },
});
