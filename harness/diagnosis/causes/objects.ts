import type { CauseEntry } from '../entry.ts';
import { findingsOf, heard, quoted } from '../reading.ts';

const S3 = 'https://docs.aws.amazon.com/AmazonS3/latest';

/** As S3, and stores that speak its interface, name it that a temporary credential is past its time. */
const EXPIRED = /\b(?:ExpiredToken(?:Exception)?|TokenRefreshRequired)\b[^\n]*/;

const expired: CauseEntry = {
  code: 's3-credentials-expired',
  title: 'The object store refuses uploads, because the temporary credentials of the writer have expired.',
  anomalies: ['stalled'],
  docs: `${S3}/API/ErrorResponses.html`,
  reported: 'Amazon S3',
  find(facts) {
    const matched = heard(facts, EXPIRED);
    if (matched === undefined) return undefined;
    const { name } = matched.words;
    return {
      says: `The credentials of ${name} have expired: the object store refuses what it uploads.`,
      evidence: [quoted(matched)],
      remedy: [
        `get new credentials (aws sso login, or a new session token), and start ${name} again: it goes on behind the last object whose offset it has committed`,
        'give a writer that runs for long credentials that renew themselves: an instance profile, a web identity, or a profile with role_arn',
      ],
      certainty: 'shown',
      explains: findingsOf(facts, ['stalled', 'lost', 'stale', 'orphan', 'partial-transaction'], ['log-to-sink']),
    };
  },
};

const named: CauseEntry = {
  code: 'objects-named-by-time',
  title: 'Objects are named by the time at which they are written, so records that are written again are there twice.',
  anomalies: ['duplicate'],
  docs: 'https://docs.confluent.io/kafka-connectors/s3-sink/current/overview.html',
  find(facts) {
    const explains = findingsOf(facts, named.anomalies, ['log-to-sink']);
    if (facts.subject.names !== 'times' || explains.length === 0) return undefined;
    return {
      says: `${facts.subject.name} names its objects by the time at which it writes them: records that it reads again go into another object, beside the first.`,
      evidence: [`${explains.length} of the records shown are in more than one object`],
      remedy: [
        'name an object by the topic, partition and offset of its first record: what is written again then replaces itself',
        'read by topic, partition and offset, and take each record once (SELECT DISTINCT ON (_cdc_topic, _cdc_partition, _cdc_offset))',
      ],
      certainty: 'shown',
      explains,
    };
  },
};

const counted: CauseEntry = {
  code: 'objects-counted-by-list',
  title: 'Objects are numbered by how many a list shows, so an object that is not listed yet is overwritten.',
  anomalies: ['lost', 'stale', 'orphan', 'resurrected', 'corrupt', 'partial-transaction'],
  docs: `${S3}/userguide/Welcome.html#ConsistencyModel`,
  find(facts) {
    const { subject, fault } = facts;
    const explains = findingsOf(facts, counted.anomalies, ['log-to-sink']);
    if (subject.names !== 'counted' || explains.length === 0) return undefined;
    const hidden = fault.kind === 'late-lists' && fault.bit ? fault.figures.objects_hidden_max : undefined;
    return {
      says: `${subject.name} numbers its objects by how many a list shows: where the list is late, it writes over an object that is there.`,
      evidence: [
        ...(hidden === undefined ? [] : [`a list left out up to ${hidden} objects that were there`]),
        `the consumer group is past the last event of ${explains.length} of the rows shown, but the objects lack that change`,
      ],
      remedy: [
        'name an object by the topic, partition and offset of its first record, so that no list is needed',
        'refuse to write over what is there: upload with If-None-Match: *',
        "reset the consumer group's offsets to before the first lost record: then nothing is missing, and what was there is there twice",
      ],
      certainty: hidden === undefined ? 'likely' : 'shown',
      explains,
    };
  },
};

export const OBJECTS: readonly CauseEntry[] = [expired, named, counted];
