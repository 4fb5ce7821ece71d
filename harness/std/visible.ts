/**
 * Characters that do something instead of being shown: control characters (C0, C1, DEL), formatting characters, among
 * them those that turn the direction of what follows, separators of lines and paragraphs, halves of surrogate pairs.
 */
const ACTING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
/** The same, but for line ends and tabs, which move no further than any text does. */
const ACTING_IN_LINES = /\r(?!\n)|(?![\r\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** As JSON writes it, so that JSON in which such a character is spelled out still means the same. */
function spelled(character: string): string {
  const units = [...Array(character.length).keys()].map((at) => character.charCodeAt(at));
  return SHORT[character] ?? units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

/** Foreign text as one line that can do nothing to a terminal: control characters and the like as `\n`, `\u001b`. */
export function visible(text: string): string {
  return text.replace(ACTING, spelled);
}

/** Foreign text of several lines: as {@link visible}, but line ends and tabs stay. */
export function visibleLines(text: string): string {
  return text.replace(ACTING_IN_LINES, spelled);
}

/** A value with {@link visibleLines} done to every text in it, names of properties included. */
export function visibleIn<T>(value: T): T {
  return shown(value) as T;
}

function shown(value: unknown): unknown {
  if (typeof value === 'string') return visibleLines(value);
  if (Array.isArray(value)) return value.map(shown);
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Map) return new Map([...value].map(([key, each]) => [shown(key), shown(each)]));
  // What is no plain data (a position, a date) is turned to text by ourselves.
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [visibleLines(name), shown(each)]));
}

/** The codes of the colours in which the program itself paints. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they begin with
const OWN_COLOURS = /(\u001b\[(?:1|2|22|31|32|33|39)m)/;

/**
 * What a command writes, as a terminal may get it: whatever text from a database, a broker or a program has come into it,
 * nothing but our own colours acts on the terminal.
 */
export function safeOutput(text: string, coloured: boolean): string {
  if (!coloured) return visibleLines(text);
  // Every second piece is a colour.
  return text
    .split(OWN_COLOURS)
    .map((piece, at) => (at % 2 === 1 ? piece : visibleLines(piece)))
    .join('');
}
