import type { Column } from '#model/catalog.ts';

/** What a column's type is, below a domain's name: `numeric(12,2)`. */
export function typeOf({ type, base }: Pick<Column, 'type' | 'base'>): string {
  return base ?? type;
}

type Typed = Pick<Column, 'type' | 'base' | 'expression'>;

interface NumberType {
  /** Without a modifier, and without the brackets of an array. */
  readonly name: string;
  /** Digits behind the point; undefined where each value has its own. */
  readonly scale: number | undefined;
  readonly array: boolean;
}

const INTEGERS: ReadonlySet<string> = new Set(['smallint', 'integer', 'bigint']);
const FLOATS: ReadonlySet<string> = new Set(['real', 'double precision']);
/** Types in which a sink may hold a number's digits. */
const TEXTS: ReadonlySet<string> = new Set(['text', 'character varying']);

function numberType(column: Typed): NumberType | undefined {
  const found = /^(smallint|integer|bigint|numeric|real|double precision)(?:\((\d+),(-?\d+)\))?(\[\])?$/.exec(
    typeOf(column),
  );
  if (found === null) return undefined;
  const [, name = '', , scale, brackets] = found;
  return {
    name,
    scale: INTEGERS.has(name) ? 0 : scale === undefined ? undefined : Number(scale),
    array: brackets !== undefined,
  };
}

/**
 * Whether two columns hold numbers that have several spellings of one value, so that texts cannot be compared: another
 * scale or none, floats of two precisions, an array of them. Columns of one type with a scale of its own have one spelling.
 */
export function comparesByValue(source: Typed, sink: Typed): boolean {
  const ours = numberType(source);
  if (ours === undefined) return false;
  const theirs = numberType(sink);
  if (theirs === undefined) return TEXTS.has(typeOf(sink).replace(/\(\d+\)$/, ''));
  if (ours.array !== theirs.array) return false;
  if (INTEGERS.has(ours.name) && INTEGERS.has(theirs.name)) return false;
  // What a float of four bytes has lost of one of eight is lost: there the wider precision is compared.
  if (ours.name === 'double precision' && theirs.name === 'real') return false;
  if (ours.name === 'numeric' && (ours.scale === undefined || ours.array)) return true;
  return typeOf(source) !== typeOf(sink);
}

/** Two scalar columns of type `numeric`: their values can be hashed without a text. */
export function bothDecimal(source: Typed, sink: Typed): boolean {
  return [source, sink].every((column) => {
    const type = numberType(column);
    return type?.name === 'numeric' && !type.array && column.expression === undefined;
  });
}

/**
 * SQL for the one text of a value of a column at the source, by which it is compared and named: digits that a scale of its
 * own would add are cut off. Undefined where the value's own text is the only one. `value` is of the column's type.
 */
export function numberTextSql(value: string, source: Typed): string | undefined {
  const type = numberType(source);
  if (type?.name !== 'numeric') return undefined;
  if (type.array) return trimmedArray(`${value}::text`);
  if (type.scale !== undefined) return undefined;
  return source.expression === undefined
    ? `trim_scale(${value})::text`
    : guarded(value, 'numeric', (read) => `trim_scale(${read})::text`);
}

/** SQL for the text of a sink's value as the source writes that value, see {@link numberTextSql}; any other text for any other value. */
export function numberTextOfSinkSql(value: string, source: Typed, sink: Typed): string {
  const type = numberType(source);
  const own = sink.expression === undefined ? numberType(sink) : undefined;
  if (type === undefined) return `${value}::text`;
  const { name, scale, array } = type;
  if (FLOATS.has(name)) {
    const target = `${name}${array ? '[]' : ''}`;
    return guarded(value, target, (read) => `${read}::text`);
  }
  if (array) {
    return own?.name === 'numeric' || INTEGERS.has(own?.name ?? '')
      ? trimmedArray(`${value}::text`)
      : guarded(value, 'numeric[]', (read) => trimmedArray(`${read}::text`));
  }
  const asSource = (read: string): string =>
    scale === undefined
      ? `trim_scale(${read})::text`
      : `CASE WHEN ${read} = round(${read}, ${scale}) THEN round(${read}, ${scale})::text ELSE ${read}::text END`;
  if (own?.name === 'numeric') return asSource(value);
  if (own !== undefined && INTEGERS.has(own.name)) return asSource(`${value}::numeric`);
  return guarded(value, 'numeric', asSource);
}

/** By its shortest text, which says which number a float stands for. What is no valid text of the type stays as it is. */
function guarded(value: string, type: string, text: (read: string) => string): string {
  return `CASE WHEN pg_input_is_valid(${value}::text, '${type}') THEN ${text(`${value}::text::${type}`)} ELSE ${value}::text END`;
}

/** The text of an array of numerics without the zeros behind a fraction: bounds, dimensions and NULLs stay. */
function trimmedArray(text: string): string {
  return String.raw`regexp_replace(regexp_replace(${text}, '(\.\d*[1-9])0+(?=[,}])', '\1', 'g'), '\.0+(?=[,}])', '', 'g')`;
}

/** One sentence on a pair of columns that is compared by value, for a report; undefined where both sides write a value alike. */
export function typeNote(source: Typed, sink: Typed): string | undefined {
  if (!comparesByValue(source, sink)) return undefined;
  const [ours, theirs] = [typeOf(source), typeOf(sink)];
  const type = numberType(source);
  if (type !== undefined && FLOATS.has(type.name))
    return `${source.type} at the source, ${sink.type} in the sink: compared as ${type.name}, the precision of the source`;
  if (ours === theirs && !ours.includes('('))
    return `${source.type} without a scale: compared by value (3.0 and 3 are equal), since Debezium does not carry trailing zeros`;
  if (ours === theirs) return undefined;
  return `${source.type} at the source, ${sink.type} in the sink: compared by value (1.50 and 1.5000 are equal)`;
}
