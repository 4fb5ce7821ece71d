import type { CauseEntry } from './entry.ts';

/** docs/causes.md: the table for people. */
export function causesPage(causes: readonly CauseEntry[]): string {
  return [
    '# Causes',
    '',
    'What a report can name as the cause of a finding, from the particular to the general. The versions are those on which the',
    "servers' messages that a cause reads were seen; a dash means that it reads none. Made from the table in",
    '`harness/diagnosis/causes/` by `npm run driftlab -- dev causes`.',
    '',
    ...aligned([['Code', 'What it is', 'Explains', 'Seen on'], ...causes.map(cells)]),
    '',
  ].join('\n');
}

function cells({ code, title, anomalies, docs, seenOn }: CauseEntry): string[] {
  const classes = anomalies.length === 0 ? 'any' : anomalies.join(', ');
  return [`[\`${code}\`](${docs})`, title.replaceAll('|', '\\|'), classes, seenOn ?? '–'];
}

/** A table as the formatter leaves it, so that what is generated passes the check. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, place) => Math.max(...rows.map((row) => [...(row[place] ?? '')].length)));
  const lines = rows.map((row) => `| ${row.map((cell, place) => cell.padEnd(widths[place] ?? 0)).join(' | ')} |`);
  return lines.toSpliced(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`);
}
