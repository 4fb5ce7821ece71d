import type { OperationKind } from '#model/operation.ts';
import type { Text } from '#model/values.ts';

/** One change of a row as test_decoding prints it. Of values that it leaves out (unchanged TOAST) there is no entry. */
export interface RowChange {
  /** `schema.name`, unquoted. */
  readonly table: string;
  readonly kind: OperationKind;
  /** The old key, where it was changed or the row deleted. */
  readonly old?: Readonly<Record<string, Text>>;
  readonly row?: Readonly<Record<string, Text>>;
}

const KINDS: Readonly<Record<string, OperationKind>> = { INSERT: 'insert', UPDATE: 'update', DELETE: 'delete' };

/**
 * Reads one line of PostgreSQL's test_decoding: `table public.t: UPDATE: old-key: id[integer]:1 new-tuple: id[integer]:2
 * name[text]:'it''s'`. None for what is no change of a row (BEGIN, COMMIT, TRUNCATE, messages).
 */
export function parseTestDecoding(line: string): RowChange[] {
  const head = 'table ';
  if (!line.startsWith(head)) return [];
  const [schema, afterSchema] = identifier(line, head.length);
  const [name, afterName] = identifier(line, afterSchema + 1);
  const colon = line.indexOf(': ', afterName + 2);
  const kind = KINDS[line.slice(afterName + 2, colon)];
  if (kind === undefined) return [];
  let rest = line.slice(colon + 2);
  const table = `${schema}.${name}`;
  if (rest.startsWith('(no-tuple')) return [{ table, kind }];
  const OLD = 'old-key: ';
  const NEW = 'new-tuple: ';
  if (!rest.startsWith(OLD)) {
    const values = tuple(rest, 0)[0];
    return [kind === 'delete' ? { table, kind, old: values } : { table, kind, row: values }];
  }
  rest = rest.slice(OLD.length);
  const [old, end] = tuple(rest, 0);
  return [{ table, kind, old, row: tuple(rest, end + NEW.length)[0] }];
}

/** An identifier, in double quotes where it needs them, and the place behind it. */
function identifier(text: string, from: number): [string, number] {
  if (text[from] !== '"') {
    const end = /[.:[]/g;
    end.lastIndex = from;
    const at = end.exec(text)?.index ?? text.length;
    return [text.slice(from, at), at];
  }
  let name = '';
  let at = from + 1;
  for (; at < text.length; at++) {
    if (text[at] === '"') {
      if (text[at + 1] !== '"') break;
      at++;
    }
    name += text[at];
  }
  return [name, at + 1];
}

/** `name[type]:value` again and again, up to the end or the new tuple. */
function tuple(text: string, from: number): [Record<string, Text>, number] {
  const values: Record<string, Text> = {};
  let at = from;
  while (at < text.length && !text.startsWith('new-tuple: ', at)) {
    const [name, afterName] = identifier(text, at);
    const [value, end] = valueAt(text, afterType(text, afterName));
    if (value !== undefined) values[name] = value;
    at = text[end] === ' ' ? end + 1 : end;
  }
  return [values, at];
}

/** The place behind `[type]:`. An array's type has brackets of its own. */
function afterType(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '[') depth++;
    else if (text[at] === ']' && --depth === 0) return at + 2;
  }
  return text.length;
}

/** A value and the place behind it; undefined for one that is left out. */
function valueAt(text: string, from: number): [Text | undefined, number] {
  const UNCHANGED = 'unchanged-toast-datum';
  if (text.startsWith(UNCHANGED, from)) return [undefined, from + UNCHANGED.length];
  const quote = /^(?:B)?'/.exec(text.slice(from, from + 2));
  if (quote === null) {
    const space = text.indexOf(' ', from);
    const end = space < 0 ? text.length : space;
    const plain = text.slice(from, end);
    return [plain === 'null' ? null : plain, end];
  }
  let value = '';
  let at = from + quote[0].length;
  for (; at < text.length; at++) {
    if (text[at] === "'") {
      if (text[at + 1] !== "'") break;
      at++;
    }
    value += text[at];
  }
  return [value, at + 1];
}
