import type { CauseEntry } from '../entry.ts';
import { explainedBy, findingsOf, heard, quoted, share, wrongValues } from '../reading.ts';

const S3 = 'https://docs.aws.amazon.com/AmazonS3/latest';

/** As S3, and stores that speak its interface, say that a temporary credential is past its time; Amazon's SDK for Java keeps the words alone. */
const EXPIRED = /\b(?:ExpiredToken(?:Exception)?|TokenRefreshRequired|The provided token has expired)\b[^\n]*/;

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

const defaulted: CauseEntry = {
  code: 'iceberg-default-for-null',
  title: "Apache Iceberg's sink writes a column's default in place of NULL.",
  anomalies: ['corrupt'],
  docs: 'https://github.com/apache/iceberg/issues/17652',
  seenOn: 'Iceberg 1.12.0',
  find(facts) {
    const values = wrongValues(facts).filter(({ source, sink }) => source === null && sink !== null);
    const [first] = values;
    if (facts.subject.kind !== 'iceberg' || first === undefined) return undefined;
    // A default is the same in every row.
    if (
      values.some(({ table, column, sink }) => table === first.table && column === first.column && sink !== first.sink)
    )
      return undefined;
    return {
      says: `Where ${first.table}.${first.column} is NULL at the source, ${facts.subject.name} has written ${JSON.stringify(first.sink)}: Apache Iceberg's sink takes the default of the record's schema for a value that is NULL, be it allowed or not.`,
      evidence: [share(facts, values), 'no setting of a converter or of the sink prevents it'],
      remedy: [
        'use a version of the sink that reads values without their defaults, once there is one',
        `drop the default at the source (ALTER TABLE … ALTER COLUMN ${first.column} DROP DEFAULT), and have the writers name the value`,
        'load the table anew afterwards: which NULLs have been replaced cannot be told from the table',
      ],
      certainty: 'likely',
      explains: explainedBy(values),
      columns: values.map(({ column }) => column),
    };
  },
};

export const OBJECTS: readonly CauseEntry[] = [expired, named, counted, defaulted];
