import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  parseAllDocuments,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import { messageOf, OperatorError } from '#std/errors.ts';

type Place = readonly (string | number)[];

/** One document of a YAML file. */
export interface YamlDocument {
  readonly value: unknown;
  /** The line of a place in it; of what is nearest above it where the place itself is not there. */
  lineOf(place: Place): number;
}

/** Files of this kind are written by hand: one that is longer is none. */
export const LENGTH_MAX = 256 * 1024;
const DEPTH_MAX = 100;
const ALIASES_MAX = 1000;

/**
 * The documents of a YAML file, of which JSON is a part. Throws an OperatorError (`yaml-error`) with file, line and column
 * for one that cannot be read, and for one that would cost more than any configuration does: too long, nested without end,
 * with a key twice, or with aliases that are undefined, refer to themselves or multiply.
 */
export function readYaml(text: string, file: string, hint = 'check it with a YAML linter'): YamlDocument[] {
  const lines = new LineCounter();
  const refuse = (message: string, offset?: number, cause?: unknown): OperatorError => {
    const at = offset === undefined ? undefined : lines.linePos(offset);
    const where = at === undefined || at.line === 0 ? file : `${file}:${at.line}:${at.col}`;
    const line = at === undefined ? '' : (text.split('\n', at.line)[at.line - 1]?.trim().slice(0, 200) ?? '');
    return new OperatorError({
      code: 'yaml-error',
      message: `${where}: this is no YAML that can be read: ${message}`,
      found: line === '' ? `${text.length} characters` : line,
      hint,
      cause,
    });
  };
  if (text.length > LENGTH_MAX)
    throw refuse(`it has more than ${LENGTH_MAX / 1024} Ki characters, which no configuration file has`);
  if (nesting(text) > DEPTH_MAX) throw refuse(`it is nested more than ${DEPTH_MAX} levels deep`);
  // What looks like one, before the library resolves any.
  if ((text.match(/(?<=^|[\s,[{:])\*[^\s,\]}]/gm)?.length ?? 0) > ALIASES_MAX)
    throw refuse(`it has more than ${ALIASES_MAX} aliases`);
  let documents: Document.Parsed[];
  try {
    // The library compares every key with every other: here they are compared below, in one go.
    documents = [
      ...parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, merge: true }),
    ];
  } catch (cause) {
    throw refuse(cause instanceof RangeError ? 'it is nested too deeply' : messageOf(cause), undefined, cause);
  }
  return documents.map((document) => {
    const [wrong] = document.errors;
    if (wrong !== undefined) {
      throw refuse(wrong.message, wrong.pos[0], wrong);
    }
    const bad = unsound(document);
    if (bad !== undefined) throw refuse(bad.message, bad.offset);
    try {
      return {
        value: document.toJS({ maxAliasCount: 100 }) as unknown,
        lineOf: (place) => lineOf(document, lines, place),
      };
    } catch (cause) {
      throw refuse(messageOf(cause), undefined, cause);
    }
  });
}

/** How deep brackets and dashes on one line nest, at most: a bound for what a parser that calls itself must stand. */
function nesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const char of text) {
    if (char === '[' || char === '{') deepest = Math.max(deepest, ++depth);
    else if (char === ']' || char === '}') depth = Math.max(0, depth - 1);
  }
  for (const [dashes] of text.matchAll(/^[ ]*(?:[-?] +)+/gm)) deepest = Math.max(deepest, dashes.length / 2);
  return deepest;
}

/** What the library leaves to be found: keys that stand twice, and aliases of nothing or of what they are in. */
function unsound(document: Document): { readonly message: string; readonly offset: number | undefined } | undefined {
  const anchors = new Set<string>();
  let found: { message: string; offset: number | undefined } | undefined;
  visit(document, {
    Alias(_key, alias, path) {
      const offset = alias.range?.[0];
      const within = path.some(
        (node) => isNode(node) && !isAlias(node) && 'anchor' in node && node.anchor === alias.source,
      );
      if (within) found = { message: `the alias *${alias.source} refers to what it stands in`, offset };
      else if (!anchors.has(alias.source)) found = { message: `the alias *${alias.source} has no anchor`, offset };
      return found === undefined ? undefined : visit.BREAK;
    },
    Value(_key, node) {
      if (node.anchor !== undefined) anchors.add(node.anchor);
      const twice = isMap(node) ? keyTwice(node) : undefined;
      if (twice === undefined) return undefined;
      found = { message: `the key ${twice.source ?? twice} stands twice`, offset: twice.range?.[0] };
      return visit.BREAK;
    },
  });
  return found;
}

function keyTwice(map: YAMLMap): Scalar | undefined {
  const seen = new Set<string>();
  for (const { key } of map.items) {
    if (!isScalar(key)) continue;
    if (seen.has(String(key))) return key;
    seen.add(String(key));
  }
  return undefined;
}

function lineOf(document: Document, lines: LineCounter, place: Place): number {
  for (let depth = place.length; depth >= 0; depth--) {
    const parent = depth === 0 ? undefined : document.getIn(place.slice(0, depth - 1), true);
    // A key's own line says more than that of a value which begins below it.
    const pair = isMap(parent)
      ? parent.items.find(({ key }) => isNode(key) && String(key.toJSON()) === String(place[depth - 1]))
      : undefined;
    const node = pair?.key ?? document.getIn(place.slice(0, depth), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}
