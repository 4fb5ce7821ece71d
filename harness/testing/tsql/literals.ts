/** A text in a program's source: its fixed parts, between which something is put in. */
interface Literal {
  readonly line: number;
  readonly parts: readonly string[];
}

/** What begins a statement of T-SQL, in capitals as this project writes them. */
const BEGINS =
  /^\s*(?:SELECT|INSERT INTO|UPDATE|DELETE|CREATE|ALTER|DROP|EXEC|SET|BEGIN|COMMIT|ROLLBACK|SAVE|IF|WITH|DECLARE|TRUNCATE|MERGE|DBCC|BACKUP|RESTORE|KILL|USE|WAITFOR|GRANT|DENY|REVOKE|OPEN|FETCH|CLOSE|PRINT|THROW)\s+\S/;

/** The texts of a TypeScript source that begin a statement of SQL. A text within another's `${…}` is a text of its own. */
export function statementLiterals(source: string): Literal[] {
  const found: Literal[] = [];
  let at = 0;
  const lineOf = (place: number): number => source.slice(0, place).split('\n').length;

  /** What stands at this place of a text, whose last character is then the place. */
  const character = (): string | undefined => {
    if (source[at] !== '\\') return source[at];
    at++;
    return source[at] === 'n' ? '\n' : source[at];
  };
  const plain = (quote: string): void => {
    const start = at;
    let text = '';
    for (at++; at < source.length && source[at] !== quote; at++) {
      text += character();
    }
    at++;
    found.push({ line: lineOf(start), parts: [text] });
  };
  const template = (): void => {
    const start = at;
    const parts = [''];
    for (at++; at < source.length && source[at] !== '`'; ) {
      if (source.startsWith('${', at)) {
        at += 2;
        code('}');
        parts.push('');
        continue;
      }
      parts.push((parts.pop() ?? '') + character());
      at++;
    }
    at++;
    found.push({ line: lineOf(start), parts });
  };
  /** Up to a bracket that nothing has opened. */
  const code = (end?: string): void => {
    let depth = 0;
    while (at < source.length) {
      const char = source[at] as string;
      if (source.startsWith('//', at)) at = lineEnd(source, at);
      else if (source.startsWith('/*', at)) at = source.indexOf('*/', at) + 2;
      else if (char === '`') template();
      else if (char === "'" || char === '"') plain(char);
      else if (char === '/' && /[(,=:[!&|?{};\n]\s*$/.test(source.slice(Math.max(0, at - 20), at))) regularExpression();
      else {
        at++;
        if (char === '{') depth++;
        if (char === '}' && depth-- === 0 && end !== undefined) return;
      }
    }
  };
  const regularExpression = (): void => {
    let inClass = false;
    for (at++; at < source.length; at++) {
      const char = source[at];
      if (char === '\\') at++;
      else if (char === '[') inClass = true;
      else if (char === ']') inClass = false;
      else if (char === '/' && !inClass) break;
    }
    at++;
  };
  code();
  return found.filter(({ parts }) => BEGINS.test(parts.length > 1 ? `${parts[0]}x` : (parts[0] ?? '')));
}

function lineEnd(source: string, at: number): number {
  const end = source.indexOf('\n', at);
  return end < 0 ? source.length : end;
}

/** Whether a statement is made by the text, with anything put in between its parts. */
export function madeBy({ parts }: Literal): RegExp {
  return new RegExp(parts.map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('[\\s\\S]*?'));
}
