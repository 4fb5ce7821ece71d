import type { Statement, Unclosed } from '#engines/sql-files.ts';

/** A piece of SQL that is not to be looked into for words and delimiters. */
interface Opaque {
  readonly opens: RegExp;
  /** From its opening on. */
  readonly whole: RegExp;
  readonly what: string;
  readonly comment?: boolean;
}

/** By what they open with. All patterns are sticky: reading is linear in the text. */
const OPAQUE: readonly Opaque[] = [
  // A dash that follows a dash is a comment only where a blank follows both: 5--3 is 8.
  { opens: /--(?=\s|$)/y, whole: /[^\n]*(?:\n|$)/y, what: 'a comment', comment: true },
  { opens: /#/y, whole: /[^\n]*(?:\n|$)/y, what: 'a comment', comment: true },
  // The server runs what such a comment holds.
  {
    opens: /\/\*M?!/y,
    whole: /(?:'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"|`[^`]*`|(?!\*\/)[^'"`])*\*\//y,
    what: 'a comment',
  },
  { opens: /\/\*/y, whole: /\/\*[\s\S]*?\*\//y, what: 'a comment', comment: true },
  { opens: /'/y, whole: /'(?:[^'\\]|\\[\s\S]|'')*'/y, what: 'a text' },
  { opens: /"/y, whole: /"(?:[^"\\]|\\[\s\S]|"")*"/y, what: 'a text' },
  { opens: /`/y, whole: /`(?:[^`]|``)*`/y, what: 'a quoted name' },
];

/** The client's own command, on a line of its own: what ends statements from here on. */
const DELIMITER = /delimiter[ \t]+(\S+)[^\n]*(?:\n|$)/iy;

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** What opens at a place, and where it ends: undefined where it does not. */
export function opaqueAt(
  text: string,
  at: number,
): { readonly piece: Opaque; readonly end: number | undefined } | undefined {
  const piece = OPAQUE.find(({ opens }) => matchAt(opens, text, at) !== null);
  if (piece === undefined) return undefined;
  const found = matchAt(piece.whole, text, at);
  return { piece, end: found === null ? undefined : at + found[0].length };
}

/**
 * Parts an SQL text at the delimiters that end statements, as the engines' own clients do: a semicolon, or what a line with
 * `DELIMITER` names. Those in quotes and comments end nothing. What is only blank or comment is no statement.
 */
export function statementsOf(text: string): Statement[] | Unclosed {
  const found: Statement[] = [];
  let delimiter = ';';
  let start: number | undefined;
  const finish = (end: number): void => {
    if (start !== undefined) found.push({ start, end, sql: text.slice(start, end).trimEnd() });
    start = undefined;
  };
  for (let at = 0; at < text.length; ) {
    if (start === undefined) {
      const command = matchAt(DELIMITER, text, at);
      if (command !== null) {
        delimiter = command[1] as string;
        at += command[0].length;
        continue;
      }
    }
    if (text.startsWith(delimiter, at)) {
      finish(at);
      at += delimiter.length;
      continue;
    }
    const opaque = opaqueAt(text, at);
    if (opaque === undefined) {
      if (!/\s/.test(text[at] as string)) start ??= at;
      at++;
      continue;
    }
    if (opaque.end === undefined) return { what: opaque.piece.what, start: at };
    if (opaque.piece.comment !== true) start ??= at;
    at = opaque.end;
  }
  finish(text.length);
  return found;
}

/**
 * The server's own text of a view or a table, without the name of the database before the names of what is in it: it then
 * means the same in a copy.
 */
export function withoutDatabase(sql: string, database: string): string {
  const name = `\`${database.replaceAll('`', '``')}\``;
  let result = '';
  for (let at = 0; at < sql.length; ) {
    const end = opaqueAt(sql, at)?.end ?? at + 1;
    const piece = sql.slice(at, end);
    const qualifies = piece === name && sql[end] === '.' && !/[.@]\s*$/.test(result);
    if (!qualifies) result += piece;
    at = qualifies ? end + 1 : end;
  }
  return result;
}
