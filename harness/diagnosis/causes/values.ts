import type { DiagnosisFacts } from '#model/cause.ts';
import type { CauseEntry } from '../entry.ts';
import { explainedBy, share, triggersOn, type WrongValue, wrongValues } from '../reading.ts';
import type { Alteration } from '../values.ts';

const DEBEZIUM_PG = 'https://debezium.io/documentation/reference/stable/connectors/postgresql.html';

interface Kind {
  readonly code: string;
  readonly kind: Alteration['kind'];
  readonly title: string;
  readonly docs: string;
  says(value: WrongValue, facts: DiagnosisFacts): string;
  readonly remedy: readonly string[];
}

const KINDS: readonly Kind[] = [
  {
    code: 'value-lower-case',
    kind: 'lower-case',
    title: 'A text is in lower case at the sink.',
    docs: 'https://kafka.apache.org/documentation/#connect_transforms',
    says: ({ table, column }, { subject }) => `${subject.name} stores ${table}.${column} in lower case.`,
    remedy: [
      'take the conversion out of the transform or the program',
      'say under mapping.…transform what the sink must have, if that is meant',
    ],
  },
  {
    code: 'value-upper-case',
    kind: 'upper-case',
    title: 'A text is in upper case at the sink.',
    docs: 'https://kafka.apache.org/documentation/#connect_transforms',
    says: ({ table, column }, { subject }) => `${subject.name} stores ${table}.${column} in upper case.`,
    remedy: [
      'take the conversion out of the transform or the program',
      'say under mapping.…transform what the sink must have, if that is meant',
    ],
  },
  {
    code: 'value-trailing-blanks',
    kind: 'trailing-blanks',
    title: 'Blanks at the end of a text are lost or added.',
    docs: 'https://www.postgresql.org/docs/current/datatype-character.html',
    says: ({ table, column }) =>
      `${table}.${column} differs in the blanks at its end: a char(n) column pads, and a trim drops them.`,
    remedy: ["at the sink: give the column the source's type", 'take the trim out of the transform or the program'],
  },
  {
    code: 'value-cut-short',
    kind: 'cut-short',
    title: 'A text is cut short.',
    docs: `${DEBEZIUM_PG}#postgresql-property-column-truncate-to-length-chars`,
    says: ({ table, column, alteration }) =>
      `${table}.${column} is cut${alteration?.kind === 'cut-short' ? ` to ${alteration.length} characters` : ' short'} on its way.`,
    remedy: [
      'look for a cast or a substring to that length in the consumer and in triggers of the sink',
      "at the sink: make the column as wide as the source's",
    ],
  },
  {
    code: 'value-rounded',
    kind: 'rounded',
    title: 'A number is rounded to fewer places.',
    docs: 'https://www.postgresql.org/docs/current/datatype-numeric.html#DATATYPE-NUMERIC-DECIMAL',
    says: ({ table, column, alteration }) =>
      `${table}.${column} is rounded${alteration?.kind === 'rounded' ? ` to ${alteration.places} decimal places` : ''}: the sink's column or the consumer has a smaller scale.`,
    remedy: ["at the sink: give the column the source's scale, or numeric without one"],
  },
  {
    code: 'value-float',
    kind: 'float',
    title: 'An exact number went through a floating-point one, and digits are lost.',
    docs: 'https://www.postgresql.org/docs/current/datatype-numeric.html#DATATYPE-FLOAT',
    says: ({ table, column }) => `${table}.${column} has lost digits: it went through a floating-point number.`,
    remedy: [
      'read it as a decimal or a text in the consumer, never as a double',
      "at the sink: give the column the source's type",
    ],
  },
  {
    code: 'value-epoch-number',
    kind: 'epoch',
    title: 'A time is stored as the number that the event holds.',
    docs: `${DEBEZIUM_PG}#postgresql-temporal-types`,
    says: ({ table, column, alteration }) =>
      `${table}.${column} is stored as a number${alteration?.kind === 'epoch' ? ` of ${alteration.unit} since 1970` : ''}: the consumer does not know Debezium's temporal types.`,
    remedy: [
      "convert it in the consumer by the schema's name (io.debezium.time.…)",
      'in the source connector: time.precision.mode=isostring, and parse the text',
      'a TimestampConverter transform at the sink',
    ],
  },
  {
    code: 'value-base64',
    kind: 'base64',
    title: 'A value is stored as base64 of its bytes.',
    docs: `${DEBEZIUM_PG}#postgresql-property-binary-handling-mode`,
    says: ({ table, column }) => `${table}.${column} is stored as base64, the form in which JSON carries bytes.`,
    remedy: [
      'decode it in the consumer',
      'in the source connector: binary.handling.mode=hex, or decimal.handling.mode=string for numbers',
    ],
  },
  {
    code: 'value-masked',
    kind: 'masked',
    title: 'A value is masked or hashed.',
    docs: `${DEBEZIUM_PG}#postgresql-property-column-mask-hash`,
    says: ({ table, column }) => `${table}.${column} holds a mask or a hash in place of its value.`,
    remedy: [
      'say under mapping.…exclude or transform what the sink must have, if that is meant',
      'take the mask out of the connector, the transform or the program',
    ],
  },
  {
    code: 'value-empty-for-null',
    kind: 'empty-for-null',
    title: 'NULL arrives as an empty text.',
    docs: 'https://www.postgresql.org/docs/current/functions-conditional.html',
    says: ({ table, column }, { subject }) => `${subject.name} writes an empty text where ${table}.${column} is NULL.`,
    remedy: ['hand NULL on as NULL in the consumer'],
  },
];

const swapped: CauseEntry = {
  code: 'columns-swapped',
  title: "Two columns' values are exchanged.",
  anomalies: ['corrupt'],
  docs: 'https://www.postgresql.org/docs/current/sql-insert.html',
  find(facts) {
    const values = wrongValues(facts);
    const pairs = values.filter(({ finding, column, source, sink }) =>
      values.some(
        (other) =>
          other.finding === finding &&
          other.column !== column &&
          other.source === sink &&
          other.sink === source &&
          source !== sink,
      ),
    );
    const [first] = pairs;
    if (first === undefined) return undefined;
    const columns = [...new Set(pairs.map(({ column }) => column))];
    return {
      says: `The values of ${columns.join(' and ')} of ${first.table} are exchanged at the sink.`,
      evidence: [share(facts, pairs)],
      remedy: [
        'name the columns in the INSERT of the consumer, in the order of its values',
        'look at the fields of a rename (ReplaceField renames)',
      ],
      certainty: 'shown',
      explains: explainedBy(pairs),
    };
  },
};

/** What the two values alone show, where no property explains it: named after the causes that know more. */
export const VALUES: readonly CauseEntry[] = [
  swapped,
  ...KINDS.map(
    ({ code, kind, title, docs, says, remedy }): CauseEntry => ({
      ...{ code, title, docs, general: true },
      anomalies: ['corrupt', 'stale'],
      find(facts) {
        const values = wrongValues(facts).filter(({ alteration }) => alteration?.kind === kind);
        const [first] = values;
        if (first === undefined) return undefined;
        return {
          says: says(first, facts),
          evidence: [
            `${first.table}.${first.column} is ${JSON.stringify(first.source)} at the source and ${JSON.stringify(first.sink)} at the sink`,
            share(facts, values),
            ...triggersOn(facts, values),
          ],
          remedy: [...triggersOn(facts, values).map(() => 'take the conversion out of that trigger'), ...remedy],
          certainty: 'shown',
          explains: explainedBy(values),
          columns: [...new Set(values.map(({ column }) => column))],
        };
      },
    }),
  ),
];
