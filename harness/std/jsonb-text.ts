/**
 * A JSON document in one spelling: members ordered by length and then by bytes, the last of several of one name kept, one
 * blank behind colons and commas, numbers as they were written but for their exponent. It is the text of PostgreSQL's
 * `jsonb`, so that documents of any engine can be compared with it. Throws a SyntaxError for what is no JSON.
 */
export function jsonbText(json: string): string {
  // A number's own digits are kept: parsed as a double, 12345678901234567890.10 would be another.
  const read = JSON.parse(json, (_key, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' ? new Digits(context?.source ?? String(value)) : value,
  ) as unknown;
  return textOf(read);
}

class Digits {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

function textOf(value: unknown): string {
  if (value instanceof Digits) return plainNumber(value.text);
  if (typeof value === 'string') return stringText(value);
  if (Array.isArray(value)) return `[${value.map(textOf).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const members = Object.entries(value).sort(([left], [right]) => byLengthThenBytes(left, right));
  return `{${members.map(([name, member]) => `${stringText(name)}: ${textOf(member)}`).join(', ')}}`;
}

function byLengthThenBytes(left: string, right: string): number {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length - b.length || a.compare(b);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

function stringText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes them
  const escaped = text.replace(/["\\\u0000-\u001f]/g, (char) => {
    return ESCAPES[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}

/** `1.5e3` → `1500`, `-0` → `0`: as `numeric` writes it, whose scale is that of the digits as they were written. */
export function plainNumber(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(text) ?? [];
  const shift = Number(exponent);
  const digits = whole + fraction;
  const scale = fraction.length - shift;
  const padded = scale > 0 ? digits.padStart(scale + 1, '0') : digits.padEnd(digits.length - scale, '0');
  const cut = scale > 0 ? padded.length - scale : padded.length;
  const left = padded.slice(0, cut).replace(/^0+(?=\d)/, '');
  const right = padded.slice(cut);
  const zero = /^0*$/.test(left + right);
  return `${sign === '-' && !zero ? '-' : ''}${left}${right === '' ? '' : `.${right}`}`;
}
