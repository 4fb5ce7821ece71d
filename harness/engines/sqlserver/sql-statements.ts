import type { Statement, Unclosed } from '#engines/sql-files.ts';

/** A piece of SQL in which nothing is to be looked for. All patterns are sticky: reading is linear in the text. */
const OPAQUE: readonly {
  readonly opens: RegExp;
  readonly whole: RegExp;
  readonly what: string;
  readonly comment?: true;
}[] = [
  { opens: /--/y, whole: /[^\n]*(?:\n|$)/y, what: 'a comment', comment: true },
  { opens: /\/\*/y, whole: /\/\*/y, what: 'a comment', comment: true },
  { opens: /'/y, whole: /'(?:[^']|'')*'/y, what: 'a text' },
  { opens: /"/y, whole: /"(?:[^"]|"")*"/y, what: 'a quoted name' },
  { opens: /\[/y, whole: /\[(?:[^\]]|\]\])*\]/y, what: 'a quoted name' },
];

/** On a line of its own: what the server's own clients send their batches at. */
const GO = /go(?:[ \t]+(\d+))?[ \t]*(?:--[^\n]*)?(?:\r?\n|$)/iy;

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Comments lie in one another. */
function commentEnd(text: string, at: number): number | undefined {
  let depth = 0;
  for (const mark of text.slice(at).matchAll(/\/\*|\*\//g)) {
    depth += mark[0] === '/*' ? 1 : -1;
    if (depth === 0) return at + mark.index + 2;
  }
  return undefined;
}

/** What opens at a place, and where it ends: undefined where it does not. */
function opaqueAt(text: string, at: number) {
  const piece = OPAQUE.find(({ opens }) => matchAt(opens, text, at) !== null);
  if (piece === undefined) return undefined;
  if (text.startsWith('/*', at)) return { piece, end: commentEnd(text, at) };
  const found = matchAt(piece.whole, text, at);
  return { piece, end: found === null ? undefined : at + found[0].length };
}

/**
 * Parts an SQL text into batches at lines that are `GO`, as SQL Server's own clients do: a semicolon ends none, and a batch may
 * have to begin with what it makes. What is only blank or comment is none. `GO 3` has the batch three times.
 */
export function batchesOf(text: string): Statement[] | Unclosed {
  const found: Statement[] = [];
  let start: number | undefined;
  const finish = (end: number, times = 1): void => {
    if (start !== undefined)
      for (let time = 0; time < times; time += 1) found.push({ start, end, sql: text.slice(start, end).trimEnd() });
    start = undefined;
  };
  let lineBegins = true;
  for (let at = 0; at < text.length; ) {
    const go = lineBegins ? matchAt(GO, text, at) : null;
    if (go !== null) {
      finish(at, Number(go[1] ?? 1));
      at += go[0].length;
      continue;
    }
    const opaque = opaqueAt(text, at);
    if (opaque !== undefined) {
      if (opaque.end === undefined) return { what: opaque.piece.what, start: at };
      if (opaque.piece.comment !== true) start ??= at;
      lineBegins = text[opaque.end - 1] === '\n';
      at = opaque.end;
      continue;
    }
    const character = text[at] as string;
    if (!/\s/.test(character)) start ??= at;
    lineBegins = character === '\n' || (lineBegins && /[ \t]/.test(character));
    at += 1;
  }
  finish(text.length);
  return found;
}
