import type { Kind } from '#model/kind.ts';
import { hexLiteral } from './quote.ts';

/** A value in canonical text as SQL of MariaDB names it, to be compared with a column of this kind. */
export function inputSql(text: string, kind: Kind): string {
  switch (kind.kind) {
    case 'boolean':
      return text === 'true' ? '1' : text === 'false' ? '0' : hexLiteral(text);
    case 'integer':
    case 'year':
    case 'decimal':
      return /^-?\d+(\.\d+)?$/.test(text) ? text : hexLiteral(text);
    case 'bits':
      return /^[01]+$/.test(text) ? `b'${text}'` : hexLiteral(text);
    case 'bytes':
      return text.startsWith('\\x') ? `x'${text.slice(2)}'` : hexLiteral(text);
    case 'instant':
    case 'local-timestamp':
      // A sink keeps moments in columns without a zone, in UTC.
      return hexLiteral(text.replace(/\+00$/, ''));
    case 'float':
    case 'text':
    case 'local-time':
    case 'date':
    case 'duration':
    case 'json':
    case 'uuid':
    case 'enum':
    case 'set':
    case 'array':
    case 'other':
      return hexLiteral(text);
  }
}
