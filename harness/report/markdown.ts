import type { ToldFinding } from '#model/finding.ts';
import { isBookkeeping } from '#model/values.ts';
import { causePart, differencesSection, sourceSection, survivalSection } from './markdown-subject.ts';
import { code, fence, table, text, value } from './markdown-text.ts';
import type { Mark, MatrixRow } from './matrix.ts';
import { buildMatrix, markOf } from './matrix.ts';
import type { Report, StepReport, VariantReport } from './report.ts';
import {
  anomalyTitle,
  duration,
  figureText,
  hopText,
  keyText,
  positionText,
  refusalLines,
  sentence,
  skippedLines,
  verdictText,
} from './words.ts';

const MARKS: Readonly<Record<Mark, string>> = { met: '✅', unmet: '❌', unjudged: '❔', absent: '–' };

/** The report for a pull request or a terminal's pager: GitHub's Markdown, every foreign text escaped. */
export function markdown(report: Report): string {
  const sections = [
    heading(report),
    survivalSection(report),
    matrixTable(report),
    examplesSection(report, false),
    evidenceSection(report),
    examplesSection(report, true),
    sourceSection(report),
    differencesSection(report),
    runSection(report),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function heading(report: Report): string {
  const lines = [
    `# ${report.verdict}: ${text(report.title)}`,
    '',
    `${verdictText(report)} Scenario ${code(report.scenario)}, seed ${code(String(report.seed))}, ` +
      `${duration(report.duration_ms)}.`,
  ];
  if (report.reason !== undefined) lines.push('', `**Ended early:** ${text(report.reason)}`);
  if (report.exit !== 0) lines.push('', 'To reproduce it:', '', fence(report.replay));
  return lines.join('\n');
}

function matrixTable(report: Report): string {
  const matrix = buildMatrix(report);
  const header = ['Failure mode', ...matrix.variants.map(code)];
  const rows = matrix.rows.map((row) => [
    rowTitle(row),
    ...row.cells.map(({ mark, expected, seen, during }) => {
      if (mark === 'absent') return '–';
      const wanted = expected === '' ? '' : `<br><sub>expected: ${text(expected)}</sub>`;
      const meanwhile = during === undefined ? '' : `<br><sub>during: ${text(during)}</sub>`;
      return `${MARKS[mark]} ${text(seen)}${wanted}${meanwhile}`;
    }),
  ]);
  const legend =
    `${MARKS.met} as expected, ${MARKS.unmet} not as expected, ${MARKS.unjudged} could not be judged, – not part of this mode.` +
    ' A variant that is expected to break must break.';
  return [
    '## What each variant showed',
    // Where every mode was skipped, there is nothing but the reasons.
    ...(rows.length === 0 ? [] : ['', ...table(header, rows), '', legend]),
    ...skippedTable(report),
  ].join('\n');
}

function skippedTable({ skipped }: Report): string[] {
  if (skipped.length === 0) return [];
  const rows = skippedLines(skipped).map(({ name, why }) => [`**${text(name)}**`, text(why)]);
  return ['', ...table(['Skipped', 'Why'], rows)];
}

function rowTitle(row: MatrixRow): string {
  const bite = row.bit === false ? '<br>⚠️ the fault had no effect' : '';
  return `**${text(row.name)}**<br>${text(row.title)}${bite}`;
}

interface Broken {
  readonly row: MatrixRow;
  readonly name: string;
  readonly variant: VariantReport;
}

/** Variants with something wrong: those not as expected (or not judged) in the open, the others folded away. */
function examplesSection(report: Report, asExpected: boolean): string {
  const matrix = buildMatrix(report);
  const broken = matrix.rows.flatMap((row) =>
    row.cells.flatMap(({ variant, mark }, index): Broken[] => {
      const name = matrix.variants[index] ?? '';
      if (variant === undefined || (mark === 'met') !== asExpected) return [];
      return mark === 'met' && variant.verdict === 'PASS' ? [] : [{ row, name, variant }];
    }),
  );
  if (broken.length === 0) return '';
  const parts = broken.map(({ row, name, variant }) => brokenPart(row, name, variant));
  if (!asExpected) return ['## Not as expected', ...parts].join('\n\n');
  return [
    '## Broken, as expected',
    `<details><summary>Variants that were expected to break, and did: ${broken.length}</summary>`,
    ...parts,
    '</details>',
  ].join('\n\n');
}

function brokenPart(row: MatrixRow, name: string, variant: VariantReport): string {
  const mark = MARKS[markOf({ ...variant, bit: row.bit })];
  const lines = [
    `### ${mark} ${text(row.name)}, ${code(name)}`,
    '',
    `- expected: ${text(variant.expected)}`,
    `- seen: ${text(variant.seen)}`,
  ];
  if (variant.reason !== undefined) lines.push(`- reason: ${text(variant.reason)}`);
  // One example says what is wrong; all of them are in report.html and report.json.
  const example = mostTelling(variant.examples);
  if (example !== undefined) lines.push('', examplePart(example));
  for (const cause of variant.causes) lines.push('', causePart(cause));
  return lines.join('\n');
}

/** A stall first, as all else may follow from it; then a row whose values differ; then any row; then what is of no row. */
export function mostTelling(examples: readonly ToldFinding[]): ToldFinding | undefined {
  const rank = ({ anomaly, differs = [], source, sink }: ToldFinding): number => {
    if (anomaly === 'stalled') return 3;
    if (differs.length > 0) return 2;
    return source === undefined && (sink ?? []).length === 0 ? 0 : 1;
  };
  return examples.toSorted((left, right) => rank(right) - rank(left))[0];
}

function examplePart(example: ToldFinding): string {
  const where = [
    anomalyTitle(example.anomaly),
    example.table === undefined ? '' : ` in ${example.table}`,
    example.key === undefined ? '' : `, key ${keyText(example.key)}`,
  ].join('');
  const lines = [`**${text(where)}.** ${text(sentence(example.detail))}`];
  if (example.hop !== undefined) lines.push('', `Went wrong ${text(hopText(example.hop, example.anomaly))}.`);
  const rows = rowsTable(example);
  if (rows.length > 0) lines.push('', ...rows);
  if (example.event !== undefined) {
    const { topic, partition, offset, op } = example.event;
    lines.push(
      '',
      `Last event in the log: ${text(op)} at ${code(`${topic}/${partition}@${offset}`)}${text(positionText(example.event))}.`,
    );
  }
  return lines.join('\n');
}

/** Both rows side by side, a line for each column; what differs is bold and has a sign. */
function rowsTable({ source, sink, differs }: ToldFinding): string[] {
  const sinks = sink ?? [];
  if (source === undefined && sinks.length === 0) return [];
  const columns = [...new Set([source, ...sinks].flatMap((row) => Object.keys(row ?? {})))].filter(
    (column) => !isBookkeeping(column),
  );
  const different = new Set(differs?.map(({ column }) => column));
  const names = sinks.length <= 1 ? ['sink'] : sinks.map((_, index) => `sink, row ${index + 1}`);
  const rows = columns.map((column) => [
    different.has(column) ? '≠' : '',
    different.has(column) ? `**${code(column)}**` : code(column),
    source === undefined ? '' : value(source[column]),
    ...(sinks.length === 0 ? [''] : sinks.map((row) => value(row[column]))),
  ]);
  const absent = [
    source === undefined ? 'The source has no such row.' : '',
    sinks.length === 0 ? 'The sink has no such row.' : '',
  ].filter((line) => line !== '');
  return [...table(['', 'Column', 'source', ...names], rows), ...(absent.length === 0 ? [] : ['', ...absent])];
}

function evidenceSection(report: Report): string {
  const rows = report.modes.flatMap((mode) =>
    mode.steps.map((step) => [
      text(mode.steps.length === 1 ? mode.id : `${mode.id} / ${step.id}`),
      code(step.fault.kind),
      bitText(step),
      text(sentence(step.fault.evidence.text)) + refusedText(step) + figuresText(step),
    ]),
  );
  if (rows.length === 0) return '';
  return [
    '## Did the faults take effect',
    '',
    ...table(['Failure mode', 'Fault', 'Took effect', 'Evidence'], rows),
  ].join('\n');
}

function refusedText({ fault }: StepReport): string {
  return refusalLines(fault.refused)
    .map((line) => `<br>${text(line)}`)
    .join('');
}

function figuresText({ fault }: StepReport): string {
  const figures = Object.entries(fault.evidence.figures).map(([name, value]) => {
    const figure = figureText(name, value);
    return `${text(figure.label)} ${text(figure.text)}`;
  });
  return figures.length === 0 ? '' : `<br><sub>${figures.join(', ')}</sub>`;
}

function bitText({ fault }: StepReport): string {
  return fault.bit === null ? '❔ unknown' : fault.bit ? '✅ yes' : '❌ no';
}

function runSection(report: Report): string {
  const versions = Object.entries(report.versions).map(([name, version]) => `${name} ${version}`);
  const lines = [
    '## The run',
    '',
    `- started ${report.started_at}, took ${duration(report.duration_ms)}` +
      (report.boot_ms === null ? '' : `, of which ${duration(report.boot_ms)} to start every server`),
    `- ${report.options.rate} transactions/s, faults held for ${duration(report.options.hold_ms)}`,
    `- ${text(versions.join(', '))}`,
    '',
    'Run it again:',
    '',
    fence(report.replay),
  ];
  return lines.join('\n');
}
