import type { LabFinding } from '#contracts/lab-report.ts';
import { isBookkeeping, type Row, type Text } from '#model/values.ts';
import { wrap } from '#report/text.ts';
import { anomalyTitle, causeLines, hopText, keyText, positionText } from '#report/words.ts';
import { visible } from '#std/visible.ts';
import { left, widthOf } from '../fit.ts';
import type { Found } from './found.ts';
import { chosenFound, shownFound } from './keys.ts';
import { clock, type View } from './view.ts';

const COLUMN_MIN = 8;
const COLUMN_MAX = 24;
/** More copies than this are told, not shown. */
const SINK_ROWS_MAX = 3;
/** What is left of a long value before the place in which it differs. */
const BEFORE_DIFFERENCE = 6;

/** One anomaly: what it is, its hop, both rows column by column, and what to do; scrolled to fit. */
export function anomalyScreen(view: View): string[] {
  const { state, ui, rows, paint } = view;
  const found = chosenFound(ui, state);
  if (found === undefined) return ['No anomaly has been found.', '', paint('dim', 'Esc goes back')];
  const list = shownFound(ui, state);
  const { finding, variant } = found;
  const place = `${list.indexOf(found) + 1} of ${list.length}`;
  const title = paint('strong', [anomalyTitle(finding.anomaly), nameOf(finding), `in ${variant}`].join('  '));
  const body = [...storyLines(finding, view), '', ...rowLines(finding, view), ...whyLines(found, view)];
  const room = Math.max(1, rows - 3);
  const scroll = Math.min(ui.scroll, Math.max(0, body.length - room));
  const below = body.length - room - scroll;
  const more = below > 0 ? `  ↓ ${below} lines more` : scroll > 0 ? '  ↑' : '';
  return [
    `${title}  ${paint('dim', place)}`,
    ...body.slice(scroll, scroll + room),
    paint('dim', `Esc back  ←→ newer, older  ↑↓ scroll${more}`),
  ];
}

function nameOf({ table, key, column }: LabFinding): string {
  const of = [table ?? '', key === undefined ? '' : visible(keyText(key)), column === undefined ? '' : `(${column})`];
  return of.filter((part) => part !== '').join(' ');
}

function storyLines({ anomaly, detail, hop, event, found_at }: LabFinding, { columns, paint }: View): string[] {
  const labelled = (label: string, text: string): string[] =>
    wrap(text, Math.max(20, columns - 10)).map(
      (line, index) => `${paint('dim', left(index === 0 ? label : '', 10))}${line}`,
    );
  const last =
    event === undefined
      ? 'none known'
      : `${event.op}, ${event.topic}/${event.partition} offset ${event.offset}` +
        `${positionText(event)}${event.txn === undefined ? '' : `, transaction ${event.txn}`}`;
  return [
    ...labelled('what', visible(detail)),
    ...labelled('where', hop === undefined ? 'unknown' : hopText(hop, anomaly)),
    ...labelled('event', last),
    ...labelled('found', `${clock(Date.parse(found_at))}`),
  ];
}

/** Why, with what was read and what to change: the causes of the variant that explain its class. */
function whyLines({ variant, finding }: Found, { state, columns, paint }: View): string[] {
  const all = state.report?.variants.find((one) => one.variant === variant)?.causes ?? [];
  const causes = all.filter(({ anomalies }) => anomalies.includes(finding.anomaly));
  if (causes.length === 0) return ['', paint('dim', 'why: not looked for yet')];
  const width = Math.max(20, columns - 1);
  return causes.flatMap((cause) => {
    const [first = '', ...more] = causeLines(cause);
    return [
      '',
      ...wrap(`Why: ${visible(first)}`, width).map((line) => paint('strong', line)),
      ...more.flatMap((line) => wrap(visible(line), width, '    ')),
    ];
  });
}

/** Source and sink side by side, each column a line; `≠` where they differ. */
function rowLines(
  { source, sink = [], copies: all = sink.length, differs = [] }: LabFinding,
  { columns, paint }: View,
): string[] {
  if (source === undefined && sink.length === 0) return [paint('dim', 'no row is known')];
  const shown = sink.slice(0, SINK_ROWS_MAX);
  const names = columnNames(source, shown);
  const name = Math.min(COLUMN_MAX, Math.max(COLUMN_MIN, ...names.map(widthOf)));
  const width = Math.max(6, Math.floor((columns - name - 3) / (1 + Math.max(1, shown.length))) - 1);
  const cells = (...texts: readonly string[]) => texts.map((text) => left(text, width)).join(' ');
  const copies = shown.map((_, index) => (all === 1 ? 'sink' : `sink, row ${index + 1} of ${all}`));
  const heading = `  ${left('column', name)} ${cells('source', ...(shown.length === 0 ? ['sink'] : copies))}`;
  const judged = new Set(differs.map(({ column }) => column));
  return [
    paint('dim', heading),
    ...names.map((column) => {
      // Only the sink keeps books.
      const known = isBookkeeping(column) && source !== undefined ? '' : shownValue(source, column);
      const others = shown.map((row) => shownValue(row, column));
      const differ = judged.has(column) || (!isBookkeeping(column) && others.some((other) => other !== known));
      const first = differ ? firstDifference([known, ...others]) : 0;
      const texts = [known, ...(shown.length === 0 ? [NO_ROW] : others)].map((text) => window(text, first, width));
      const line = `${differ ? '≠' : ' '} ${left(column, name)} ${cells(...texts)}`;
      return differ ? paint('bad', line) : isBookkeeping(column) ? paint('dim', line) : line;
    }),
  ];
}

/** The source's columns first, then the sink's own. */
function columnNames(source: Row | undefined, sink: readonly Row[]): string[] {
  return [...new Set([source ?? {}, ...sink].flatMap((row) => Object.keys(row)))].sort(
    (one, other) => Number(isBookkeeping(one)) - Number(isBookkeeping(other)),
  );
}

const NO_ROW = '(no row)';
const NO_COLUMN = '(no such column)';

function shownValue(row: Row | undefined, column: string): string {
  if (row === undefined) return NO_ROW;
  return column in row ? valueText(row[column] ?? null) : NO_COLUMN;
}

/** NULL, an empty text, and a text that only looks like one of these are told apart. */
function valueText(value: Text): string {
  if (value === null) return 'NULL';
  return value === '' || value === 'NULL' || /^\s|\s$/.test(value) ? `'${visible(value)}'` : visible(value);
}

function firstDifference(texts: readonly string[]): number {
  const [first = '', ...rest] = texts;
  let at = 0;
  while (at < first.length && rest.every((text) => text[at] === first[at])) at++;
  return at;
}

/** A value that is cut is cut so that the place in which it differs can be seen. */
function window(text: string, differsAt: number, width: number): string {
  if (widthOf(text) <= width || differsAt < width - 2) return text;
  return `…${text.slice(differsAt - BEFORE_DIFFERENCE)}`;
}
