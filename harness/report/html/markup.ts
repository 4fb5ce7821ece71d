import { visibleLines } from '#std/visible.ts';

/** HTML that is known to be well-formed: only {@link markup} makes it, and it escapes all that is not of this type. */
export interface Markup {
  readonly html: string;
}

type Part = Markup | string | number | false | undefined | readonly Part[];

/**
 * A piece of HTML. Whatever is put into the template is escaped for elements and for quoted attributes, unless it is
 * Markup itself; lists are joined; `undefined` and `false` are nothing.
 */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let html = strings[0] ?? '';
  for (const [index, part] of parts.entries()) html += render(part) + (strings[index + 1] ?? '');
  return { html };
}

function render(part: Part): string {
  if (part === undefined || part === false) return '';
  if (typeof part === 'string') return escapeHtml(part);
  if (typeof part === 'number') return String(part);
  return isMarkup(part) ? part.html : part.map(render).join('');
}

function isMarkup(part: Markup | readonly Part[]): part is Markup {
  return 'html' in part;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return visibleLines(text).replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
}

/** An id for anchors from any texts, different for different texts: what an id cannot hold becomes its code point. */
export function anchor(...parts: readonly string[]): string {
  return parts
    .map((part) => part.replace(/[^a-zA-Z0-9-]/gu, (sign) => `_${sign.codePointAt(0)?.toString(16)}_`))
    .join('.');
}
