import { type ConnectSchema, type Convert, type ConverterFor, InexactNumber, Literal, Undecodable } from '#log/wire.ts';
import { clockText, dayText, momentText, spanText, zonedClockText, zonedMomentText } from './calendar.ts';
import { booleanText, decimalText, floatText, octets, textOf, variableDecimalText, wholeText } from './numbers.ts';
import {
  arrayText,
  bitsText,
  circleText,
  geometryText,
  lineText,
  mapText,
  pointText,
  sparseVectorText,
  vectorText,
} from './structures.ts';

/** What a field means, whatever names Debezium and Connect have for it. */
type Meaning = (schema: ConnectSchema) => Convert;

const day: Meaning = () => dayText;
const zonedMoment: Meaning = () => (raw) => zonedMomentText(textOf(raw));
const vector: Meaning = () => vectorText;
const geometry: Meaning = () => geometryText;

const decimal: Meaning = ({ parameters }) => {
  const scale = Number(parameters?.scale ?? 0);
  return (raw) => {
    if (raw instanceof Literal) return raw.text;
    // A JSON number (`decimal.format=NUMERIC`): its last zeros count, and are gone by now.
    if (typeof raw === 'number') throw new InexactNumber();
    return decimalText(octets(raw), scale);
  };
};

const CONNECT: ReadonlyMap<string, Meaning> = new Map([
  ['Decimal', decimal],
  ['Date', day],
  ['Time', () => clockText(3)],
  ['Timestamp', () => momentText(3)],
]);

const TIMES: ReadonlyMap<string, Meaning> = new Map([
  ['Date', day],
  ['Time', () => clockText(3)],
  ['MicroTime', () => clockText(6)],
  ['NanoTime', () => clockText(9)],
  ['Timestamp', () => momentText(3)],
  ['MicroTimestamp', () => momentText(6)],
  ['NanoTimestamp', () => momentText(9)],
  ['MicroDuration', () => spanText(6)],
  ['NanoDuration', () => spanText(9)],
  ['ZonedTimestamp', zonedMoment],
  ['IsoTimestamp', zonedMoment],
  ['ZonedTime', () => (raw) => zonedClockText(textOf(raw))],
]);

const DATA: ReadonlyMap<string, Meaning> = new Map([
  ['VariableScaleDecimal', () => variableDecimalText],
  ['Bits', bitsText],
  ['DoubleVector', vector],
  ['FloatVector', vector],
  ['SparseDoubleVector', () => sparseVectorText],
  ['geometry.Point', () => pointText],
  ['geometry.Circle', () => circleText],
  ['geometry.Line', () => lineText],
  ['geometry.Geometry', geometry],
  ['geometry.Geography', geometry],
]);

const FAMILIES: readonly (readonly [prefix: string, meanings: ReadonlyMap<string, Meaning>])[] = [
  ['org.apache.kafka.connect.data.', CONNECT],
  ['io.debezium.time.', TIMES],
  ['io.debezium.data.', DATA],
];

/** What a literal type means where no name says more: uuid, JSON, XML, enum and the like are strings as a database reads them. */
function plainMeaning(schema: ConnectSchema): Convert | undefined {
  switch (schema.type) {
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
      return wholeText;
    case 'float':
    case 'double':
      return floatText;
    case 'boolean':
      return booleanText;
    case 'string':
      return textOf;
    case 'bytes':
      return (raw) => `\\x${octets(raw).toString('hex')}`;
    case 'array':
      return arrayText(schema, valueTextFor);
    case 'map':
      return mapText;
    default:
      return undefined;
  }
}

/**
 * The verifier's own reading of a field's values, written from Debezium's documentation of its types and sharing nothing
 * with the applier's (`log/convert.ts`): a mistake in one of the two then shows between log and sink, where it was made,
 * and is not taken for the capture's.
 */
export const valueTextFor: ConverterFor = (schema) => {
  const { name = '' } = schema;
  const family = FAMILIES.find(([prefix]) => name.startsWith(prefix));
  const meaning = family?.[1].get(name.slice(family[0].length));
  const text = meaning === undefined ? plainMeaning(schema) : meaning(schema);
  if (text !== undefined) return text;
  return () => {
    throw new Undecodable(`no text form is known for ${name === '' ? schema.type : name}`);
  };
};
