import type { DiagnosisFacts } from '#model/cause.ts';
import type { Text } from '#model/values.ts';
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

function example({ table, column, source, sink }: WrongValue): string {
  return `${table}.${column} is ${shown(source)} at the source and ${shown(sink)} at the sink`;
}

function shown(value: Text): string {
  const text = String(value);
  return JSON.stringify(text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text);
}
const SHOWN_MAX = 60;

/** A cause that values show, and a property of the source connector explains. */
function byMode(
  facts: DiagnosisFacts,
  values: readonly WrongValue[],
  [property, mode]: readonly [property: string, value: string],
  told: { readonly says: (file: string) => string; readonly remedy: readonly string[] },
): Found | undefined {
  for (const source of facts.sources.filter(({ config }) => config[property] === mode)) {
    const captured = ofSource(source, facts.findings);
    const own = values.filter(({ finding }) => captured.includes(finding));
    const [first] = own;
    if (first === undefined) continue;
    return {
      says: told.says(source.file),
      evidence: [`${property}=${mode} in ${source.file}`, example(first), share(facts, own)],
      remedy: told.remedy,
      certainty: 'shown',
      explains: explainedBy(own),
      columns: own.map(({ column }) => column),
    };
  }
  return undefined;
}

const toast: CauseEntry = {
  code: 'toast-placeholder',
  title: "An update left a large (TOASTed) value unchanged, so its event holds Debezium's placeholder instead.",
  anomalies: ['corrupt'],
  docs: `${DEBEZIUM_PG}#postgresql-toasted-values`,
  find(facts) {
    const values = altered(facts, ['placeholder']);
    const [first] = values;
    if (first === undefined) return undefined;
    const tables = [...new Set(values.map(({ table }) => table))];
    const identities = tables.flatMap((table) => {
      const identity = facts.source?.replicaIdentity[table];
      return identity === undefined ? [] : `REPLICA IDENTITY of ${table} is ${identity}`;
    });
    return {
      says: `${first.table}.${first.column} holds Debezium's placeholder for an unavailable TOAST value: PostgreSQL does not log a large value that an update leaves unchanged, and the sink wrote the placeholder over it.`,
      evidence: [`the placeholder is in ${share(facts, values)}`, ...identities],
      remedy: [
        ...tables.map((table) => `at the source: ALTER TABLE ${table} REPLICA IDENTITY FULL;`),
        'in the source connector: post.processors=reselector, reselector.type=io.debezium.processors.reselect.ReselectColumnsPostProcessor (it reads the value from the source)',
        'in the sink: do not update the column when an event holds the placeholder',
      ],
      certainty: 'shown',
      explains: explainedBy(values),
      columns: values.map(({ column }) => column),
    };
  },
};

const decimalDouble: CauseEntry = {
  code: 'decimal-as-double',
  title: 'decimal.handling.mode=double converts exact numbers to floating point, and digits are lost.',
  anomalies: ['corrupt'],
  docs: `${DEBEZIUM_PG}#postgresql-decimal-types`,
  find: (facts) =>
    byMode(
      facts,
      altered(facts, ['float', 'rounded'], 'numeric', 'decimal', 'money'),
      ['decimal.handling.mode', 'double'],
      {
        says: (file) =>
          `decimal.handling.mode=double in ${file} converts exact numbers to floating point, and digits are lost.`,
        remedy: [
          "in the source connector: decimal.handling.mode=precise (or string, if a consumer cannot read Connect's Decimal)",
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
      says: `${facts.subject.name} stores the base64 text of a decimal's bytes: with decimal.handling.mode=precise, a numeric is sent as Connect's Decimal, which is the bytes of the unscaled integer.`,
      evidence: [example(first), share(facts, values)],
      remedy: [
        'in the source connector: decimal.handling.mode=string',
        "in the consumer: decode Connect's Decimal (the bytes are a big-endian integer, to be divided by 10^scale; the schema has the scale)",
      ],
      certainty: 'shown',
      explains: explainedBy(values),
      columns: values.map(({ column }) => column),
    };
  },
};

const timeConnect: CauseEntry = {
  code: 'time-cut-to-ms',
  title: 'time.precision.mode=connect keeps only milliseconds.',
  anomalies: ['corrupt'],
  docs: `${DEBEZIUM_PG}#postgresql-temporal-types`,
  find: (facts) =>
    byMode(facts, altered(facts, ['cut-to-ms']), ['time.precision.mode', 'connect'], {
      says: (file) => `time.precision.mode=connect in ${file} truncates times to milliseconds.`,
      // The adaptive modes write a bigint where a sink does not know Debezium's types: isostring is read by any.
      remedy: [
        "in the source connector: time.precision.mode=adaptive, if the sink reads Debezium's temporal types (Debezium's JDBC sink does)",
        'in the source connector: time.precision.mode=isostring, if the sink parses the text',
      ],
    }),
};

const shifted: CauseEntry = {
  code: 'time-zone-shift',
  title: 'Times are shifted by a constant offset: somewhere a time zone was applied or dropped.',
  anomalies: ['corrupt'],
  docs: `${DEBEZIUM_PG}#postgresql-temporal-types`,
  find(facts) {
    const values = altered(facts, ['shifted']);
    const [first] = values;
    const offsets = new Set(values.flatMap(({ alteration }) => (alteration?.kind === 'shifted' ? alteration.ms : [])));
    // Two offsets are a zone with daylight saving time; more are none.
    if (first === undefined || offsets.size > 2) return undefined;
    const hours = [...offsets].map((ms) => `${ms > 0 ? '+' : '−'}${Math.abs(ms) / 3_600_000} h`).join(' or ');
    const zone = facts.sink?.settings.TimeZone;
    return {
      says: `Times at the sink are shifted by ${hours}: the driver, the session or the program applies a time zone to them.`,
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
        'at the sink: store timestamps in columns of type timestamptz',
      ],
      certainty: 'shown',
      explains: explainedBy(values),
      columns: values.map(({ column }) => column),
    };
  },
};

export const ALTERED: readonly CauseEntry[] = [toast, decimalDouble, decimalBytes, timeConnect, shifted];
