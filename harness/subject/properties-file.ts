/** A Java properties file as a standalone Connect worker reads it, and the line on which each property begins. */
export interface Properties {
  readonly values: Readonly<Record<string, string>>;
  readonly lines: ReadonlyMap<string, number>;
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

/**
 * Reads what `java.util.Properties` reads: comments with # and !, names that end at the first =, : or blank, lines that a
 * backslash continues, escapes. Of a property that stands twice the last counts.
 */
export function readProperties(text: string): Properties {
  const values: Record<string, string> = {};
  const lines = new Map<string, number>();
  const natural = text.split(/\r\n|\r|\n/);
  for (let at = 0; at < natural.length; at++) {
    const first = at + 1;
    let line = (natural[at] ?? '').trimStart();
    if (line === '' || /^[#!]/.test(line)) continue;
    while (/(^|[^\\])(\\\\)*\\$/.test(line) && at + 1 < natural.length)
      line = line.slice(0, -1) + (natural[++at] ?? '').trimStart();
    const [, name = '', value = ''] = /^((?:\\.|[^\\=:\s])*)\s*[=:]?\s*(.*)$/s.exec(line) ?? [];
    values[unescaped(name)] = unescaped(value);
    lines.set(unescaped(name), first);
  }
  return { values, lines };
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, code: string | undefined, char: string | undefined) =>
    code === undefined ? (ESCAPES[char ?? ''] ?? char ?? '') : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
