import { OperatorError } from '#std/errors.ts';

/** What a tool answers: facts of a small, known size, and where there may be many of something, those to be paged through. */
export interface Answer {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly list?: {
    /** The property under which they are: `partitions`. */
    readonly name: string;
    /** Each comes whole on one page, in this order. */
    readonly items: readonly unknown[];
  };
}

/** What an answer may take at most. A token is at least a byte of the text, whichever model counts: so no more tokens, either. */
export const TOKENS_MAX = 8000;

/** Texts in an answer that does not fit are cut to these lengths, one after another, until it does. */
const CUTS = [4000, 1000, 250, 60] as const;

/**
 * An answer as the text that is sent: JSON of at most {@link TOKENS_MAX} bytes. As many items as fit, from the cursor on; where
 * more follow, `next_cursor` says how to ask for them. `hidden` are secrets that no answer shows. Throws an OperatorError
 * (`wrong-cursor`) for a cursor that this tool has not given.
 */
export function written(answer: Answer, cursor: string | undefined, hidden: readonly string[] = []): string {
  const { list } = answer;
  const from = cursor === undefined ? 0 : placeOf(cursor, list?.items.length);
  for (const cut of [Number.POSITIVE_INFINITY, ...CUTS]) {
    const text = (to: number): string => hide(pageText(answer, { from, to, cut }), hidden);
    const all = list?.items.length ?? 0;
    // The first item must fit at least, or the next page would be the same one.
    const least = Math.min(from + 1, all);
    if (!fits(text(least))) continue;
    return text(mostThatFit(least, all, (to) => fits(text(to))));
  }
  throw new OperatorError({
    code: 'answer-too-large',
    message: 'the answer is too large, even cut short',
    expected: `at most ${TOKENS_MAX} tokens`,
    found: 'more',
    hint: 'ask for less: name a variant, a table or fewer columns',
  });
}

function fits(text: string): boolean {
  return Buffer.byteLength(text) <= TOKENS_MAX;
}

/** The greatest number from `least` to `most` that still fits, where each that is smaller than one that fits does so as well. */
function mostThatFit(least: number, most: number, fitting: (to: number) => boolean): number {
  let [low, high] = [least, most];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fitting(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

interface Page {
  readonly from: number;
  readonly to: number;
  /** Longest text in it, in characters. */
  readonly cut: number;
}

function pageText({ facts, list }: Answer, { from, to, cut }: Page): string {
  if (list === undefined) return JSON.stringify(shortened(facts, cut));
  const { name, items } = list;
  const next = to < items.length ? { next_cursor: cursorAt(to), of: items.length } : {};
  return JSON.stringify(shortened({ ...facts, [name]: items.slice(from, to), ...next }, cut));
}

/** Texts that are longer are cut, and say how long they were. */
function shortened(value: unknown, cut: number): unknown {
  if (typeof value === 'string')
    return value.length <= cut ? value : `${value.slice(0, cut)}… (${value.length} characters)`;
  if (Array.isArray(value)) return value.map((one) => shortened(one, cut));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shortened(one, cut)]));
}

function hide(text: string, hidden: readonly string[]): string {
  return hidden.reduce((shown, secret) => (secret === '' ? shown : shown.replaceAll(secret, '***')), text);
}

function cursorAt(item: number): string {
  return Buffer.from(`item ${item}`).toString('base64url');
}

function placeOf(cursor: string, items: number | undefined): number {
  const at = /^item (\d{1,9})$/.exec(Buffer.from(cursor, 'base64url').toString())?.[1];
  if (at !== undefined && items !== undefined) return Number(at);
  throw new OperatorError({
    code: 'wrong-cursor',
    message: 'the cursor is none that this tool has given',
    expected: 'next_cursor of an answer of the same tool, with the same arguments',
    found: cursor.slice(0, 60),
    hint: 'leave the cursor out to begin with the first page',
  });
}
