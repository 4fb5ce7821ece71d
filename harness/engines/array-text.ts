/** An element of an array's text: a text, NULL, or a list of elements. */
type Element = string | null | readonly Element[];

/** A brace, a comma, a quoted element, or one without quotes. */
const TOKENS = /[{},]|"(?:[^"\\]|\\.)*"|[^{},"]+/gs;

/**
 * PostgreSQL's text of an array (`{1,NULL,"a b"}`), with quotes only where PostgreSQL writes them and each element in the text
 * that `textOf` gives it. What is no such text stays as it is, and so does an array whose bounds are written.
 */
export function arrayText(raw: string, textOf: (element: string) => string): string {
  if (!raw.startsWith('{')) return raw;
  const tokens = raw.match(TOKENS) ?? [];
  if (tokens.join('') !== raw) return raw;
  const parsed = parseList(tokens, 1);
  return parsed === undefined || parsed.next !== tokens.length ? raw : written(parsed.list, textOf);
}

function parseList(
  tokens: readonly string[],
  from: number,
): { readonly list: readonly Element[]; readonly next: number } | undefined {
  const list: Element[] = [];
  for (let at = from; at < tokens.length; at += 1) {
    const token = tokens[at] as string;
    if (token === '}') return { list, next: at + 1 };
    if (token === ',') continue;
    if (token === '{') {
      const inner = parseList(tokens, at + 1);
      if (inner === undefined) return undefined;
      list.push(inner.list);
      at = inner.next - 1;
    } else if (token.startsWith('"')) list.push(token.slice(1, -1).replace(/\\(.)/gs, '$1'));
    else list.push(token.toUpperCase() === 'NULL' ? null : token);
  }
  return undefined;
}

function written(list: readonly Element[], textOf: (element: string) => string): string {
  const parts = list.map((element) => {
    if (element === null) return 'NULL';
    return typeof element === 'string' ? quoted(textOf(element)) : written(element, textOf);
  });
  return `{${parts.join(',')}}`;
}

/** Quoted where it could be taken for something else. */
function quoted(text: string): string {
  const plain = text !== '' && !/[{},"\\\s]/.test(text) && text.toUpperCase() !== 'NULL';
  return plain ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
}
