import type { DiagnosisFacts } from '#model/cause.ts';
import type { OwnConnector } from '#model/pipeline.ts';
import { sinkDialect } from '../dialect.ts';
import type { CauseEntry, Found } from '../entry.ts';
import { explainedBy, isType, ofSource, share, triggersOn, type WrongValue, wrongValues } from '../reading.ts';
import type { Alteration } from '../values.ts';

const DEBEZIUM_PG = 'https://debezium.io/documentation/reference/stable/connectors/postgresql.html';

/** Values that were altered in one of these ways, of columns of these types where any are named. */
function altered(
  facts: DiagnosisFacts,
  kinds: readonly Alteration['kind'][],
  ...types: readonly string[]
): WrongValue[] {
  return wrongValues(facts).filter(
    ({ alteration, type }) =>
      alteration !== undefined && kinds.includes(alteration.kind) && (types.length === 0 || isType(type, ...types)),
  );
}

/** The source connectors that have a property set so. */
function having({ sources }: DiagnosisFacts, property: string, ...values: readonly string[]): OwnConnector[] {
  return sources.filter(({ config }) => values.includes(config[property] ?? ''));
}

function example({ table, column, source, sink }: WrongValue): string {
  return `${table}.${column} is ${shown(source)} at the source and ${shown(sink)} at the sink`;
}

function shown(text: string | null): string {
  if (text === null) return 'NULL';
  return JSON.stringify(text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text);
}
const SHOWN_MAX = 60;

/** A cause that values show, and a property of the source connector explains. */
function byMode(
  facts: DiagnosisFacts,
  values: readonly WrongValue[],
  property: string,
  modes: readonly string[],
  told: { readonly says: (file: string, mode: string) => string; readonly remedy: readonly string[] },
): Found | undefined {
  const all = having(facts, property, ...modes).map((source) => {
    const captured = new Set(ofSource(source, facts.findings));
    return { source, own: values.filter(({ finding }) => captured.has(finding)) };
  });
  const { source, own } = all.find((one) => one.own.length > 0) ?? {};
  const [first] = own ?? [];
  if (first === undefined || source === undefined || own === undefined) return undefined;
  const mode = source.config[property] ?? '';
  return {
    says: told.says(source.file, mode),
    evidence: [`${property}=${mode} in ${source.file}`, example(first), share(facts, own)],
    remedy: told.remedy,
    certainty: 'shown',
    explains: explainedBy(own),
  };
}

const toast: CauseEntry = {
  code: 'toast-placeholder',
  title: "An update left a large value unchanged, and the event holds Debezium's placeholder in its place.",
  anomalies: ['corrupt'],
  docs: `${DEBEZIUM_PG}#postgresql-toasted-values`,
  find(facts) {
    const values = altered(facts, ['placeholder']);
    const [first] = values;
    if (first === undefined) return undefined;
    const tables = [...new Set(values.map(({ table }) => table))];
    const identities = tables.map((table) => facts.source?.replicaIdentity[table]).filter((one) => one !== undefined);
    return {
      says: `${first.table}.${first.column} holds the placeholder for an unavailable TOAST value: PostgreSQL does not log a large value that an update left unchanged, and the sink wrote the placeholder over it.`,
      evidence: [
        `the placeholder is in ${share(facts, values)}`,
        ...(identities.length === 0 ? [] : [`REPLICA IDENTITY of ${tables.join(', ')} is ${identities.join(', ')}`]),
      ],
      remedy: [
        ...tables.map((table) => `at the source: ALTER TABLE ${table} REPLICA IDENTITY FULL;`),
        'in the source connector: post.processors=reselector, reselector.type=io.debezium.processors.reselect.ReselectColumnsPostProcessor (it reads the value again)',
        'in the sink: leave the column as it is where an event holds the placeholder',
      ],
      certainty: 'shown',
      explains: explainedBy(values),
    };
  },
};

const decimalDouble: CauseEntry = {
  code: 'decimal-as-double',
  title: 'decimal.handling.mode=double turns exact numbers into floating-point ones, and digits are lost.',
  anomalies: ['corrupt'],
  docs: `${DEBEZIUM_PG}#postgresql-decimal-types`,
  find: (facts) =>
    byMode(
      facts,
      altered(facts, ['float', 'rounded'], 'numeric', 'decimal', 'money'),
      'decimal.handling.mode',
      ['double'],
      {
        says: (file, mode) =>
          `decimal.handling.mode=${mode} in ${file} makes doubles of exact numbers, and digits are lost.`,
        remedy: [
          "in the source connector: decimal.handling.mode=precise (or string, where a consumer cannot read Connect's Decimal)",
        ],
      },
    ),
};

const decimalBytes: CauseEntry = {
  code: 'decimal-read-as-bytes',
  title: "The consumer stores the bytes of Connect's Decimal instead of the number.",
  anomalies: ['corrupt'],
  docs: `${DEBEZIUM_PG}#postgresql-decimal-types`,
  find(facts) {
    const values = altered(facts, ['base64'], 'numeric', 'decimal');
    const [first] = values;
    if (first === undefined) return undefined;
    return {
      says: `${facts.subject.name} writes the base64 text of a decimal's bytes: with decimal.handling.mode=precise a numeric arrives as Connect's Decimal, bytes of the unscaled integer.`,
      evidence: [example(first), share(facts, values)],
      remedy: [
        'in the source connector: decimal.handling.mode=string',
        "in the consumer: decode Connect's Decimal (the big-endian integer of the bytes, divided by 10^scale of the schema)",
      ],
      certainty: 'shown',
      explains: explainedBy(values),
    };
  },
};

const timeConnect: CauseEntry = {
  code: 'time-cut-to-ms',
  title: 'time.precision.mode=connect carries milliseconds only.',
  anomalies: ['corrupt'],
  docs: `${DEBEZIUM_PG}#postgresql-temporal-types`,
  find: (facts) =>
    byMode(facts, altered(facts, ['cut-to-ms']), 'time.precision.mode', ['connect'], {
      says: (file) => `time.precision.mode=connect in ${file} cuts times to milliseconds.`,
      // The adaptive modes write a bigint where a sink does not know Debezium's types: isostring is read by any.
      remedy: [
        "in the source connector: time.precision.mode=adaptive, if the sink reads Debezium's temporal types (Debezium's JDBC sink does)",
        'time.precision.mode=isostring, and let the sink parse the text',
      ],
    }),
};

const shifted: CauseEntry = {
  code: 'time-zone-shift',
  title: 'Times are shifted by one constant offset: a time zone was applied, or left out, on the way.',
  anomalies: ['corrupt'],
  docs: `${DEBEZIUM_PG}#postgresql-temporal-types`,
  find(facts) {
    const values = altered(facts, ['shifted']);
    const [first] = values;
    if (first === undefined) return undefined;
    const offsets = new Set(values.map(({ alteration }) => (alteration?.kind === 'shifted' ? alteration.ms : 0)));
    // Two offsets are a zone with daylight saving time; more are none.
    if (offsets.size > 2) return undefined;
    const hours = [...offsets].map((ms) => `${ms > 0 ? '+' : '−'}${Math.abs(ms) / 3_600_000} h`).join(' and ');
    const zone = facts.sink?.settings.TimeZone;
    return {
      says: `Times at the sink are shifted by ${hours}: a time zone of the driver, the session or the program is applied to them.`,
      evidence: [
        example(first),
        share(facts, values),
        ...(zone === undefined ? [] : [`the sink's TimeZone is ${zone}`]),
        ...triggersOn(facts, values),
      ],
      remedy: [
        'run the worker or the program in UTC (-Duser.timezone=UTC, TZ=UTC)',
        ...facts.subject.connectors.flatMap((sink) => {
          const dialect = sinkDialect(sink);
          if (dialect === undefined) return [];
          return [`in ${sink.file}: ${dialect === 'debezium' ? 'use.time.zone' : 'db.timezone'}=UTC`];
        }),
        'store timestamps in columns of type timestamptz at the sink',
      ],
      certainty: 'shown',
      explains: explainedBy(values),
    };
  },
};

export const ALTERED: readonly CauseEntry[] = [toast, decimalDouble, decimalBytes, timeConnect, shifted];
