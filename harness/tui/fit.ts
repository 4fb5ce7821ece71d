/** What a terminal shows over two columns: East Asian wide characters and pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;
const PICTURE = /\p{Emoji_Presentation}|\ufe0f/u;
const NARROW_ONLY = /^[\x20-\x7e]*$/;

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

function graphemes(text: string): string[] {
  return NARROW_ONLY.test(text) ? [...text] : [...segmenter.segment(text)].map(({ segment }) => segment);
}

function graphemeWidth(grapheme: string): number {
  if (PICTURE.test(grapheme) || WIDE.test(grapheme) || (grapheme.codePointAt(0) ?? 0) >= 0x20000) return 2;
  return 1;
}

/** Columns that a text without control characters takes on a terminal. */
export function widthOf(text: string): number {
  return NARROW_ONLY.test(text) ? text.length : graphemes(text).reduce((sum, one) => sum + graphemeWidth(one), 0);
}

/** The text cut to `width` columns, with `…` where something is missing. */
export function cut(text: string, width: number): string {
  if (width <= 0) return '';
  if (widthOf(text) <= width) return text;
  let kept = '';
  let room = width - 1;
  for (const grapheme of graphemes(text)) {
    room -= graphemeWidth(grapheme);
    if (room < 0) break;
    kept += grapheme;
  }
  return `${kept}…`;
}

/** Cut and filled to exactly `width` columns. */
export function left(text: string, width: number): string {
  const kept = cut(text, width);
  return kept + ' '.repeat(Math.max(0, width - widthOf(kept)));
}

export function right(text: string, width: number): string {
  const kept = cut(text, width);
  return ' '.repeat(Math.max(0, width - widthOf(kept))) + kept;
}
