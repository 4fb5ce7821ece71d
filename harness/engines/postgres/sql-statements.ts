import type { Statement, Unclosed } from '#engines/sql-files.ts';

interface Opaque {
  readonly opens: RegExp;
  readonly closes: (opened: string) => RegExp;
  readonly what: string;
  readonly comment?: boolean;
}

/** What holds semicolons that end nothing, by what it opens with. All patterns are sticky: reading is linear in the text. */
const OPAQUE: readonly Opaque[] = [
  { opens: /--/y, closes: () => /[^\n]*(?:\n|$)/y, what: 'a comment', comment: true },
  { opens: /[eE]'/y, closes: () => /(?:[^'\\]|\\[\s\S]|'')*'/y, what: 'a text' },
  { opens: /'/y, closes: () => /(?:[^']|'')*'/y, what: 'a text' },
  { opens: /"/y, closes: () => /(?:[^"]|"")*"/y, what: 'a quoted name' },
];
const DOLLAR = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
const WORD = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** Where a comment that may hold others ends; undefined where it does not. */
function endOfComment(text: string, at: number): number | undefined {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = at;
  for (let depth = 0; ; ) {
    const found = mark.exec(text);
    if (found === null) return undefined;
    depth += found[0] === '/*' ? 1 : -1;
    if (depth === 0) return mark.lastIndex;
  }
}

/** Where what opens at a place ends; undefined where nothing opens there. */
function skip(
  text: string,
  at: number,
): { readonly end: number | undefined; readonly what: string; readonly comment: boolean } | undefined {
  if (text.startsWith('/*', at)) return { end: endOfComment(text, at), what: 'a comment', comment: true };
  const tag = matchAt(DOLLAR, text, at);
  if (tag !== undefined) {
    const close = text.indexOf(tag, at + tag.length);
    return { end: close === -1 ? undefined : close + tag.length, what: `a body in ${tag}`, comment: false };
  }
  for (const { opens, closes, what, comment = false } of OPAQUE) {
    const opened = matchAt(opens, text, at);
    if (opened === undefined) continue;
    const rest = matchAt(closes(opened), text, at + opened.length);
    return { end: rest === undefined ? undefined : at + opened.length + rest.length, what, comment };
  }
  return undefined;
}

/**
 * Parts an SQL text at the semicolons that end statements, as psql does: not those in quotes, comments, dollar-quoted bodies,
 * parentheses, or the body of a function between BEGIN ATOMIC and END. What is only blank or comment is no statement.
 */
export function statementsOf(text: string): Statement[] | Unclosed {
  const found: Statement[] = [];
  let start: number | undefined;
  let parentheses = 0;
  let blocks = 0;
  let words: string[] = [];
  const finish = (end: number): void => {
    if (start !== undefined) found.push({ start, end, sql: text.slice(start, end) });
    start = undefined;
    parentheses = 0;
    blocks = 0;
    words = [];
  };
  for (let at = 0; at < text.length; ) {
    const skipped = skip(text, at);
    if (skipped !== undefined) {
      if (skipped.end === undefined) return { what: skipped.what, start: at };
      if (!skipped.comment) start ??= at;
      at = skipped.end;
      continue;
    }
    const word = matchAt(WORD, text, at)?.toLowerCase();
    if (word !== undefined) {
      start ??= at;
      if (words.length < 4) words.push(word);
      const routine = words[0] === 'create' && words.some((one) => one === 'function' || one === 'procedure');
      if (routine && (word === 'begin' || (word === 'case' && blocks > 0))) blocks++;
      else if (word === 'end' && blocks > 0) blocks--;
      at += word.length;
      continue;
    }
    const char = text[at] ?? '';
    if (char === '(') parentheses++;
    else if (char === ')') parentheses = Math.max(0, parentheses - 1);
    if (char === ';' && parentheses === 0 && blocks === 0) finish(at + 1);
    else if (!/\s/.test(char)) start ??= at;
    at++;
  }
  finish(text.length);
  return found;
}
