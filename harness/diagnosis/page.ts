import type { CauseEntry } from './entry.ts';

/** docs/causes.md: the table for people. */
export function causesPage(causes: readonly CauseEntry[]): string {
  return [
    '# Causes',
    '',
    'What a report can name as the cause of a finding, from the particular to the general. The versions are those on which the',
    "servers' messages that a cause reads were seen in this lab; those from public reports were not. A dash means that it reads",
    'none. A cause that explains nothing warns of what is on its way. Made from the table in',
    '`harness/diagnosis/causes/` by `npm run driftlab -- dev causes`.',
    '',
    ...aligned([['Code', 'What it is', 'Explains', 'Seen on'], ...causes.map(cells)]),
    '',
  ].join('\n');
}

function cells({ code, title, anomalies, docs, seenOn, reported, warns }: CauseEntry): string[] {
  const classes = anomalies.length > 0 ? anomalies.join(', ') : warns === true ? 'warns' : 'any';
  const seen = [seenOn, reported === undefined ? undefined : `public reports: ${reported}`].filter(
    (one) => one !== undefined,
  );
  return [`[\`${code}\`](${docs})`, title.replaceAll('|', '\\|'), classes, seen.join('; ') || '–'];
}

/** A table as the formatter leaves it, so that what is generated passes the check. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, place) => Math.max(...rows.map((row) => [...(row[place] ?? '')].length)));
  const lines = rows.map((row) => `| ${row.map((cell, place) => cell.padEnd(widths[place] ?? 0)).join(' | ')} |`);
  return lines.toSpliced(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`);
}
