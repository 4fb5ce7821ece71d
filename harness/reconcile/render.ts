import { visible, visibleLines } from '#std/visible.ts';
import type { ShownDifference } from './classify.ts';
import { plural, type ReconcileReport } from './report.ts';

/** Formats by the word of `--format`. */
export const RENDERERS: Readonly<Record<'json' | 'csv' | 'console', (report: ReconcileReport) => string>> = {
  json: (report) => `${JSON.stringify(report, null, 2)}\n`,
  csv,
  console: consoleText,
};

const CSV_COLUMNS = [
  'timestamp',
  'table',
  'status',
  'issue_type',
  'severity',
  'source_count',
  'target_count',
  'missing_rows',
  'extra_rows',
  'changed_rows',
  'unsettled_rows',
  'duration_ms',
  'rows_per_second',
  'bytes_moved',
  'details',
] as const;

/** One line a discrepancy, and one for each table without. */
function csv(report: ReconcileReport): string {
  const lines = report.tables.flatMap((table) => {
    const issues = report.discrepancies.filter((each) => each.table === table.table);
    const base = {
      timestamp: report.timestamp,
      table: table.table,
      status: table.status,
      source_count: table.source_rows,
      target_count: table.target_rows,
      missing_rows: table.missing_rows,
      extra_rows: table.extra_rows,
      changed_rows: table.changed_rows ?? '',
      unsettled_rows: table.unsettled_rows,
      duration_ms: table.duration_ms,
      rows_per_second: table.rows_per_second,
      bytes_moved: table.bytes_moved,
      issue_type: '',
      severity: '',
      details: table.error ?? '',
    };
    if (issues.length === 0) return [base];
    return issues.map(({ issue_type, severity, details: { source_count: _, target_count: __, ...details } }) => ({
      ...base,
      issue_type,
      severity,
      details: JSON.stringify(details),
    }));
  });
  return [
    CSV_COLUMNS.join(','),
    ...lines.map((line) => CSV_COLUMNS.map((name) => csvField(line[name])).join(',')),
    '',
  ].join('\r\n');
}

/** Quoted where RFC 4180 asks for it. A leading `=`, `+`, `-` or `@` would be a formula to a spreadsheet. */
function csvField(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function consoleText(report: ReconcileReport): string {
  const rows = report.tables.map((table) => [
    table.table === table.target_table ? table.table : `${table.table} → ${table.target_table}`,
    table.status,
    thousands(table.source_rows),
    thousands(table.target_rows),
    thousands(table.missing_rows),
    thousands(table.extra_rows),
    table.changed_rows === undefined ? '-' : thousands(table.changed_rows),
    thousands(table.unsettled_rows),
    `${(table.duration_ms / 1000).toFixed(1)} s`,
    `${thousands(table.rows_per_second)}/s`,
    table.hashing ?? (table.error === undefined ? 'count' : '-'),
  ]);
  const head = [
    'table',
    'status',
    'source',
    'target',
    'missing',
    'extra',
    'changed',
    'unsettled',
    'took',
    'rows',
    'by',
  ];
  const lines = [`${report.status}: ${report.summary}`, '', ...aligned([head, ...rows])];
  for (const { table, issue_type, severity, details } of report.discrepancies) {
    lines.push('', `${table}: ${issue_type} (${severity})`);
    if (details.missing_columns?.length)
      lines.push(`  columns missing on the target: ${details.missing_columns.join(', ')}`);
    if (details.extra_columns?.length) lines.push(`  columns only on the target: ${details.extra_columns.join(', ')}`);
    for (const each of details.type_differences ?? [])
      lines.push(`  ${each.column}: ${each.source} against ${each.target}`);
    for (const [label, keys, count] of [
      ['missing', details.missing_keys, details.missing_rows],
      ['extra', details.extra_keys, details.extra_rows],
    ] as const) {
      for (const key of keys ?? []) lines.push(`  ${label} ${keyText(key)}`);
      if (keys !== undefined && count > keys.length)
        lines.push(`  and ${plural(count - keys.length, `more ${label} row`)}`);
    }
    lines.push(...changedLines(details.changed, details.changed_rows ?? 0));
  }
  for (const table of report.tables) if (table.error !== undefined) lines.push('', `${table.table}: ${table.error}`);
  if (report.recommendations.length > 0) lines.push('', ...report.recommendations.map((line) => `* ${line}`));
  return `${visibleLines(lines.join('\n'))}\n`;
}

function changedLines(changed: readonly ShownDifference[] | undefined, count: number): string[] {
  if (changed === undefined) return [];
  const lines = changed.map(({ key, columns = [] }) => {
    const each = columns.map(({ column, source, target }) => `${column}: ${bothValues(source, target)}`);
    return `  changed ${keyText(key)}  ${each.join('; ')}`;
  });
  return count > changed.length ? [...lines, `  and ${plural(count - changed.length, 'more changed row')}`] : lines;
}

function keyText(key: ShownDifference['key']): string {
  return Object.entries(key)
    .map(([name, text]) => `${name}=${value(text)}`)
    .join(', ');
}

const SHOWN_MAX = 120;
/** What is shown of two long values before they begin to differ. */
const SHOWN_BEFORE = 20;

/** Two values that differ. Of long ones that begin alike, the part in which they do would show them as equal. */
function bothValues(source: string | null, target: string | null): string {
  const isLong = [source, target].some((text) => (text?.length ?? 0) > SHOWN_MAX - 3);
  const same = source === null || target === null || !isLong ? 0 : commonStart(source, target);
  const skipped = Math.max(0, same - SHOWN_BEFORE);
  if (source === null || target === null || skipped === 0) return `${value(source)} → ${value(target)}`;
  return `…${value(source.slice(skipped))} → …${value(target.slice(skipped))}`;
}

function commonStart(left: string, right: string): number {
  let at = 0;
  while (at < left.length && left[at] === right[at]) at++;
  return at;
}

/** NULL as a word, all else quoted: so no text can be taken for it. Control characters are spelled out. */
function value(text: string | null): string {
  if (text === null) return 'NULL';
  const quoted = visible(JSON.stringify(text));
  return quoted.length > SHOWN_MAX ? `${quoted.slice(0, 117)}…"` : quoted;
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column < 2 || column > 9 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}

function thousands(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ' ');
}
