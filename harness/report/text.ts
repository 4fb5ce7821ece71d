import { styleText } from 'node:util';
import type { Cause } from '#model/cause.ts';
import type { Verdict } from '#model/verdict.ts';
import type { Mark, MatrixCell, MatrixRow } from './matrix.ts';
import { buildMatrix } from './matrix.ts';
import type { Report } from './report.ts';
import { causeText, duration, refusalLines, skippedLines, verdictText } from './words.ts';

export type Tone = 'good' | 'bad' | 'odd' | 'dim' | 'strong';

/** Adds colour to text that is already clear without it. */
export type Paint = (tone: Tone, text: string) => string;

export const plain: Paint = (_, text) => text;

const STYLES = { good: 'green', bad: ['bold', 'red'], odd: 'yellow', dim: 'dim', strong: 'bold' } as const;

/** Colours of a terminal. Whether to use them is the caller's to know. */
export const colours: Paint = (tone, text) => styleText(STYLES[tone] as 'green', text, { validateStream: false });

export const MARKS: Readonly<Record<Mark, string>> = { met: '✓', unmet: '✗', unjudged: '?', absent: '–' };

const TONES: Readonly<Record<Mark, Tone>> = { met: 'good', unmet: 'bad', unjudged: 'odd', absent: 'dim' };

export function toneOf(verdict: Verdict): Tone {
  return verdict === 'PASS' ? 'good' : verdict === 'FAIL' ? 'bad' : 'odd';
}

/** As wide as `expected`: cells bring their own distance to it. */
const LABEL = 8;

/** Where a cell's text begins: its first two characters are for the mark. */
const INDENT = '  ';

/**
 * The matrix of failure modes × variants for a terminal `width` characters wide: for each step what was expected of each
 * variant, and what was seen with its mark; then each mode that was skipped, and why. Long words are broken, so every
 * line fits.
 */
export function matrixLines(report: Report, width: number, paint: Paint = plain): string[] {
  const matrix = buildMatrix(report);
  const columns = matrix.variants.length;
  const room = Math.floor((width - LABEL) / Math.max(1, columns)) - 1;
  const column = Math.max(8, Math.min(24, room));
  const names = matrix.variants.map((name) => INDENT + name);
  const header = tableLines('', names, column, (text) => paint('strong', text));
  const skipped = skippedLines(report.skipped).flatMap(({ name, why }) =>
    wrap(`${name} ${name.includes(', ') ? 'are' : 'is'} skipped: ${why}`, width),
  );
  return [
    ...(matrix.rows.length === 0 ? [] : header),
    ...matrix.rows.flatMap((row) => ['', ...rowLines(row, width, column, paint)]),
    ...(skipped.length === 0 ? [] : ['', ...skipped]),
  ];
}

function rowLines(row: MatrixRow, width: number, column: number, paint: Paint): string[] {
  const bite = row.bit === false ? ' (the fault had no effect)' : '';
  const wanted = row.cells.map((cell) => (cell.expected === '' ? '' : INDENT + cell.expected));
  const [title = '', ...more] = wrap(`${row.name}: ${row.title}${bite}`, width);
  return [
    paint('strong', title),
    ...more.map((line) => paint('strong', line)),
    ...refusalLines(row.step.fault.refused).flatMap((line) => wrap(line, width, INDENT)),
    // Of a step that was not judged nothing is known but that.
    ...(wanted.every((text) => text === '')
      ? []
      : tableLines('expected', wanted, column, (text) => paint('dim', text))),
    ...(row.cells.every(({ during }) => during === undefined)
      ? []
      : tableLines(
          'during',
          row.cells.map(({ during = '' }) => INDENT + during),
          column,
          (text) => paint('dim', text),
        )),
    ...tableLines('seen', row.cells.map(seenOf), column, (text, index) => {
      const mark = row.cells[index]?.mark ?? 'absent';
      return mark === 'met' ? text.replace('✓', paint('good', '✓')) : paint(TONES[mark], text);
    }),
  ];
}

function seenOf(cell: MatrixCell): string {
  return `${MARKS[cell.mark]} ${cell.seen}`.trimEnd();
}

function tableLines(
  label: string,
  cells: readonly string[],
  column: number,
  paint: (text: string, index: number) => string,
): string[] {
  const wrapped = cells.map((cell) => wrap(cell, column, INDENT));
  const height = Math.max(1, ...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) => {
    const parts = wrapped.map((lines, index) => {
      const text = lines[line] ?? '';
      return paint(text, index) + ' '.repeat(column - text.length + 1);
    });
    return ((line === 0 ? label : '').padEnd(LABEL) + parts.join('')).trimEnd();
  });
}

/** Breaks text at blanks and hyphens, and inside a word only where it fits no line. */
export function wrap(text: string, width: number, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.match(/\s+|[^\s-]+-?|-/g) ?? []) {
    let rest = word;
    if (line.length + rest.trimEnd().length > width && line.trim() !== '') {
      lines.push(line.trimEnd());
      line = indent;
      rest = rest.trimStart();
    }
    while (line.length + rest.trimEnd().length > width) {
      lines.push(line + rest.slice(0, width - line.length));
      rest = rest.slice(width - line.length);
      line = indent;
    }
    line += rest;
  }
  if (line.trim() !== '' || lines.length === 0) lines.push(line.trimEnd());
  return lines;
}

/** What stands under the matrix: the verdict, how long it took, why it ended early, and how to run it again. */
export function closingLines(report: Report, paint: Paint = plain): string[] {
  const lines = [
    `${paint(toneOf(report.verdict), report.verdict)}  ${verdictText(report)}`,
    `${report.scenario}, seed ${report.seed}, ${duration(report.duration_ms)}; exit status ${report.exit}`,
  ];
  const change = changes(report, false);
  if (change.length > 0) lines.push('', paint('strong', 'what to change'), ...change, '');
  if (report.reason !== undefined) lines.push(`ended early: ${report.reason}`);
  if (report.exit !== 0) lines.push(`to reproduce it: ${report.replay}`);
  return lines;
}

/**
 * Why, and what to change: each cause once, with where it was found. Of a scenario's variants those that did not show what
 * was expected, or `all` that are broken; of somebody's own pipeline always all.
 */
export function changes(report: Report, all: boolean): string[] {
  const found = new Map<string, string[]>();
  const add = (cause: Cause, where: string): void => {
    const said = `${causeText(cause)} [${cause.code}]`;
    found.set(said, [...(found.get(said) ?? []), where]);
  };
  for (const { id: mode, steps, causes } of report.modes) {
    for (const { id, variants } of steps)
      for (const [name, variant] of Object.entries(variants))
        if (all || report.subject !== undefined || !variant.met)
          for (const cause of variant.causes) add(cause, `${name} under ${mode === id ? mode : `${mode}/${id}`}`);
    for (const cause of causes) add(cause, mode);
  }
  return [...found].map(([said, where]) => `- ${said} (${where.join(', ')})`);
}
