import type { DiagnosisFacts, ServerWords } from '#model/cause.ts';
import { schemaRefusalIn } from '#std/schema-refusal.ts';
import type { CauseEntry } from '../entry.ts';
import { findingsOf, heard, type Matched, quoted } from '../reading.ts';

const CONVERTERS = 'https://docs.confluent.io/platform/current/schema-registry/connect.html';
const COMPATIBILITY = 'https://docs.confluent.io/platform/current/schema-registry/fundamentals/schema-evolution.html';
const API = 'https://docs.confluent.io/platform/current/schema-registry/develop/api.html';

const SEEN_ON = 'Apicurio Registry 3.0.9, its Avro converter 2.6.13';
const REPORTED = "Confluent's Avro, Protobuf and JSON Schema converters";

const TASKS: readonly ServerWords['from'][] = ['source-task', 'sink-task'];

/** What converters of Confluent report, with what it follows from behind it. */
const CONFLUENT = String.raw`Error (?:serializing|deserializing|retrieving|registering)[^\n]*[\s\S]*?`;

/** What a converter says whose registry does not answer. Apicurio's says no more than its exception's name. */
export const UNREACHABLE = new RegExp(
  [
    String.raw`RestClientException(?=\n|$)`,
    String.raw`RestClientException: (?:HTTP/1\.1 header parser received no bytes|Connection reset|HTTP connect timed out|request timed out)`,
    `${CONFLUENT}(?:ConnectException: Connection refused|SocketTimeoutException|UnknownHostException|SocketException: Connection reset)`,
  ].join('|'),
);
const INCOMPATIBLE = /RuleViolationException: Incompatible artifact: |incompatible with an earlier schema for subject /;
const MISSING =
  /ContentNotFoundException: No content with ID '(?<apicurio>\d+)' was found|Schema (?<confluent>\d+ )?not found; error code: 40403/;
const REFUSED = /RestClientException: [^\n]+/;
/** What bytes were taken for that are something else ends in any error; the last one says what it was. */
const AT_CONVERTER = /Tolerance exceeded in error handler/;
const LAST_CAUSE = /Caused by: (?![\s\S]*Caused by: )[^\n]+/;

const RESTART =
  'then start the tasks that have failed, which do not start by themselves: POST /connectors/<name>/restart?includeTasks=true&onlyFailed=true';

/** What a task that has failed explains: it stands at one end of the log. */
function stopped(facts: DiagnosisFacts, { words }: Matched) {
  const hop = words.from === 'source-task' ? 'source-to-log' : 'log-to-sink';
  return findingsOf(facts, ['stalled', 'lost', 'stale', 'orphan', 'partial-transaction'], [hop]);
}

function whose({ words }: Matched): string {
  return `${words.from === 'source-task' ? 'source' : 'sink'} connector ${words.name}`;
}

const unreachable: CauseEntry = {
  code: 'registry-unreachable',
  title: 'A converter needed the schema registry while it did not answer, and the task ended with it.',
  anomalies: ['stalled'],
  docs: CONVERTERS,
  seenOn: SEEN_ON,
  reported: REPORTED,
  find(facts) {
    const matched = heard(facts, UNREACHABLE, TASKS);
    if (matched === undefined) return undefined;
    return {
      says: `The schema registry did not answer when the ${whose(matched)} asked it for a schema, and its task failed.`,
      evidence: [quoted(matched)],
      remedy: [
        `see that the registry answers (curl <registry>/subjects), ${RESTART}`,
        'run the registry on several instances: converters take a list of URLs in schema.registry.url',
      ],
      certainty: 'shown',
      explains: stopped(facts, matched),
    };
  },
};

/** What a change of columns must be like under a level; of the one that registries have by default where it is not known. */
function allowedUnder(level = 'BACKWARD'): string {
  const backward = 'a new column may be NULL or has a default, and no type becomes narrower';
  const forward = 'no column is dropped but one that may be NULL or has a default, and no type becomes wider';
  if (level.startsWith('FULL')) return `${level}: ${backward}; ${forward}`;
  return level.startsWith('FORWARD') ? `${level}: ${forward}` : `${level}: ${backward}`;
}

const incompatible: CauseEntry = {
  code: 'registry-incompatible',
  title: "The schema registry refused a schema: the subject's compatibility mode does not allow the change (409).",
  anomalies: ['stalled'],
  docs: COMPATIBILITY,
  seenOn: SEEN_ON,
  reported: REPORTED,
  find(facts) {
    const matched = heard(facts, INCOMPATIBLE, TASKS);
    if (matched === undefined) return undefined;
    const subject = schemaRefusalIn(matched.words.text)?.subject ?? '<subject>';
    const level = facts.compatibility?.[subject];
    return {
      says: `The schema registry refused the schema of ${subject}: it is not compatible with an earlier version${level === undefined ? '' : ` under the level ${level}`}, and the task of ${matched.words.name} failed.`,
      evidence: [
        quoted(matched),
        ...(level === undefined ? [] : [`the compatibility level of ${subject} is ${level}`]),
      ],
      remedy: [
        `where readers can do with the new schema: curl -X PUT -H 'Content-Type: application/vnd.schemaregistry.v1+json' -d '{"compatibility":"NONE"}' <registry>/config/${subject}, ${RESTART}`,
        `at the source: change columns so that the level allows it (${allowedUnder(level)})`,
        `where the earlier version is somebody else's: remove it (curl -X DELETE <registry>/subjects/${subject}/versions/<version>), or give one of the two another subject`,
      ],
      certainty: 'shown',
      explains: stopped(facts, matched),
    };
  },
};

const missing: CauseEntry = {
  code: 'registry-schema-missing',
  title: 'Records name a schema that the registry does not have: it has lost its schemas, or is another one (404).',
  anomalies: ['stalled', 'lost'],
  docs: API,
  seenOn: SEEN_ON,
  reported: REPORTED,
  find(facts) {
    const matched = heard(facts, MISSING, TASKS);
    if (matched === undefined) return undefined;
    const { apicurio, confluent } = matched.match.groups ?? {};
    const id = (apicurio ?? confluent)?.trim();
    return {
      says: `The records that ${matched.words.name} reads name schema ${id ?? 'numbers'}, which the registry does not have: it has lost its schemas, or the records were written with another registry.`,
      evidence: [quoted(matched)],
      remedy: [
        `restore what the registry has stored (its database; the topic _schemas, with cleanup.policy=compact) so that each number means what it did, ${RESTART}`,
        'where nothing can be restored: have the source connector register its schemas again (restart it), take a new snapshot, and move the consumers past the records in lost numbers',
        'set schema.registry.url of source and sink to the same registry',
      ],
      certainty: 'shown',
      explains: stopped(facts, matched),
    };
  },
};

const misread: CauseEntry = {
  code: 'registry-numbers-anew',
  title: 'A record was read with a schema that it was not written with: the registry gave its number to another one.',
  anomalies: ['stalled', 'corrupt'],
  docs: API,
  seenOn: SEEN_ON,
  find(facts) {
    const { fault, subject } = facts;
    const anew = Number(fault.figures.numbers_given_anew ?? 0);
    if (fault.kind !== 'empty-registry' || anew === 0 || heard(facts, AT_CONVERTER, ['sink-task']) === undefined)
      return undefined;
    const matched = heard(facts, LAST_CAUSE, ['sink-task']);
    if (matched === undefined || MISSING.test(matched.words.text)) return undefined;
    return {
      says: `The converter of ${subject.name} read a record with a schema that it was not written with: the number in the record means another schema than it did when somebody asked for it.`,
      evidence: [quoted(matched), `the registry gave the numbers of ${anew} schemas to others`],
      remedy: [
        `restore what the registry has stored so that each number means what it did before it was emptied, ${RESTART}`,
        'where nothing can be restored: restart every consumer, so that none remembers an old number, and move them past the records that were written before; then take a new snapshot',
      ],
      certainty: 'likely',
      explains: stopped(facts, matched),
    };
  },
};

const refused: CauseEntry = {
  code: 'registry-refused',
  title: 'The schema registry answered a converter with an error (422, 500, 503), and the task ended with it.',
  anomalies: ['stalled'],
  docs: API,
  seenOn: SEEN_ON,
  reported: REPORTED,
  find(facts) {
    const matched = heard(facts, REFUSED, TASKS);
    // What has a cause of its own is no other error.
    if (matched === undefined || [unreachable, incompatible, missing].some((one) => one.find(facts) !== undefined))
      return undefined;
    return {
      says: `The schema registry answered the ${whose(matched)} with an error, and its task failed.`,
      evidence: [quoted(matched)],
      remedy: [
        `read the registry's own log at that time, and fix what it reports, ${RESTART}`,
        'have the registry register the schema by hand, to see its whole answer: POST <registry>/subjects/<topic>-value/versions',
      ],
      certainty: 'shown',
      explains: stopped(facts, matched),
    };
  },
};

/** What a schema registry does to converters. */
export const REGISTRY: readonly CauseEntry[] = [incompatible, missing, unreachable, refused, misread];
