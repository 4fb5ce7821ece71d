import type { DiagnosisFacts } from '#model/cause.ts';
import type { CauseEntry } from '../entry.ts';
import { explainedBy, share, triggersOn, type WrongValue, wrongValues } from '../reading.ts';
import type { Alteration } from '../values.ts';

const DEBEZIUM_PG = 'https://debezium.io/documentation/reference/stable/connectors/postgresql.html';

type Kind = Alteration['kind'];

/** A value that was altered in one way. */
type Altered<K extends Kind> = WrongValue & { readonly alteration: Extract<Alteration, { readonly kind: K }> };

interface Entry<K extends Kind> {
  readonly code: string;
  readonly kind: K;
  readonly title: string;
  readonly docs: string;
  says(value: Altered<K>, facts: DiagnosisFacts): string;
  readonly remedy: readonly string[];
}

function ofKind<K extends Kind>({ code, kind, title, docs, says, remedy }: Entry<K>): CauseEntry {
  const isAltered = (value: WrongValue): value is Altered<K> => value.alteration?.kind === kind;
  return {
    ...{ code, title, docs, general: true },
    anomalies: ['corrupt', 'stale'],
    find(facts) {
      const values = wrongValues(facts).filter(isAltered);
      const [first] = values;
      if (first === undefined) return undefined;
      const triggers = triggersOn(facts, values);
      return {
        says: says(first, facts),
        evidence: [
          `${first.table}.${first.column} is ${JSON.stringify(first.source)} at the source and ${JSON.stringify(first.sink)} at the sink`,
          share(facts, values),
          ...triggers,
        ],
        remedy: [...(triggers.length > 0 ? ['remove the conversion from the trigger of the sink'] : []), ...remedy],
        certainty: 'shown',
        explains: explainedBy(values),
        columns: values.map(({ column }) => column),
      };
    },
  };
}

const TRANSFORMS = 'https://kafka.apache.org/documentation/#connect_transforms';
const REMOVE_CONVERSION = [
  'remove the conversion from the transform or the program',
  'if it is intended, declare under mapping.…transform what the sink must have',
];

const KINDS: readonly CauseEntry[] = [
  ofKind({
    code: 'value-lower-case',
    kind: 'lower-case',
    title: 'A text is stored in lower case.',
    docs: TRANSFORMS,
    says: ({ table, column }, { subject }) => `${subject.name} stores ${table}.${column} in lower case.`,
    remedy: REMOVE_CONVERSION,
  }),
  ofKind({
    code: 'value-upper-case',
    kind: 'upper-case',
    title: 'A text is stored in upper case.',
    docs: TRANSFORMS,
    says: ({ table, column }, { subject }) => `${subject.name} stores ${table}.${column} in upper case.`,
    remedy: REMOVE_CONVERSION,
  }),
  ofKind({
    code: 'value-trailing-blanks',
    kind: 'trailing-blanks',
    title: 'Trailing blanks of a text are lost or added.',
    docs: 'https://www.postgresql.org/docs/current/datatype-character.html',
    says: ({ table, column }) =>
      `${table}.${column} differs in its trailing blanks: a char(n) column adds them, and a trim removes them.`,
    remedy: ["at the sink: give the column the source's type", 'remove the trim from the transform or the program'],
  }),
  ofKind({
    code: 'value-cut-short',
    kind: 'cut-short',
    title: 'A text is truncated.',
    docs: `${DEBEZIUM_PG}#postgresql-property-column-truncate-to-length-chars`,
    says: ({ table, column, alteration }) => `${table}.${column} is truncated to ${alteration.length} characters.`,
    remedy: [
      "look for a cast or a substring of that length in the consumer and in the sink's triggers",
      "at the sink: make the column as wide as the source's",
    ],
  }),
  ofKind({
    code: 'value-rounded',
    kind: 'rounded',
    title: 'A number is rounded to fewer decimal places.',
    docs: 'https://www.postgresql.org/docs/current/datatype-numeric.html#DATATYPE-NUMERIC-DECIMAL',
    says: ({ table, column, alteration }) =>
      `${table}.${column} is rounded to ${alteration.places} decimal places: the sink's column or the consumer has a smaller scale.`,
    remedy: ["at the sink: give the column the source's scale, or numeric without one"],
  }),
  ofKind({
    code: 'value-float',
    kind: 'float',
    title: 'An exact number was converted to floating point, and digits are lost.',
    docs: 'https://www.postgresql.org/docs/current/datatype-numeric.html#DATATYPE-FLOAT',
    says: ({ table, column }) => `${table}.${column} has lost digits: it was converted to floating point.`,
    remedy: [
      'read it as a decimal or a string in the consumer, never as a double',
      "at the sink: give the column the source's type",
    ],
  }),
  ofKind({
    code: 'value-epoch-number',
    kind: 'epoch',
    title: 'A time is stored as a number, as the event holds it.',
    docs: `${DEBEZIUM_PG}#postgresql-temporal-types`,
    says: ({ table, column, alteration }) =>
      `${table}.${column} is stored as a number of ${alteration.unit} since 1970: the consumer does not convert Debezium's temporal types.`,
    remedy: [
      "convert it in the consumer by the schema's name (io.debezium.time.…)",
      'in the source connector: time.precision.mode=isostring, and parse the text',
      'at the sink: a TimestampConverter transform',
    ],
  }),
  ofKind({
    code: 'value-base64',
    kind: 'base64',
    title: 'A value is stored as the base64 text of its bytes.',
    docs: `${DEBEZIUM_PG}#postgresql-property-binary-handling-mode`,
    says: ({ table, column }) => `${table}.${column} is stored as base64, the encoding of bytes in JSON.`,
    remedy: [
      'decode it in the consumer',
      'in the source connector: binary.handling.mode=hex, or decimal.handling.mode=string for numbers',
    ],
  }),
  ofKind({
    code: 'value-masked',
    kind: 'masked',
    title: 'A value is masked or hashed.',
    docs: `${DEBEZIUM_PG}#postgresql-property-column-mask-hash`,
    says: ({ table, column }) => `${table}.${column} holds a mask or a hash instead of its value.`,
    remedy: [
      'if it is intended, list the column under mapping.…exclude, or declare under mapping.…transform what the sink must have',
      'remove the mask from the connector, the transform or the program',
    ],
  }),
  ofKind({
    code: 'value-empty-for-null',
    kind: 'empty-for-null',
    title: 'NULL is stored as an empty string.',
    docs: 'https://www.postgresql.org/docs/current/functions-conditional.html',
    says: ({ table, column }, { subject }) =>
      `${subject.name} writes an empty string where ${table}.${column} is NULL.`,
    remedy: ['in the consumer: write NULL as NULL'],
  }),
];

const swapped: CauseEntry = {
  code: 'columns-swapped',
  title: 'The values of two columns are swapped.',
  anomalies: ['corrupt'],
  docs: 'https://www.postgresql.org/docs/current/sql-insert.html',
  find(facts) {
    const values = wrongValues(facts);
    const pairs = values.filter(({ finding, source, sink }) =>
      values.some((other) => other.finding === finding && other.source === sink && other.sink === source),
    );
    const [first] = pairs;
    if (first === undefined) return undefined;
    const columns = [...new Set(pairs.map(({ column }) => column))];
    return {
      says: `The values of ${columns.join(' and ')} of ${first.table} are swapped at the sink.`,
      evidence: [share(facts, pairs)],
      remedy: [
        "name the columns in the consumer's INSERT, in the order of its values",
        'check the renames of ReplaceField transforms',
      ],
      certainty: 'shown',
      explains: explainedBy(pairs),
      columns,
    };
  },
};

/** What the two values alone show, where no property explains it: named after the causes that know more. */
export const VALUES: readonly CauseEntry[] = [swapped, ...KINDS];
