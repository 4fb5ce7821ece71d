import type { CauseEntry } from './entry.ts';

/** docs/causes.md: the table for people. */
export function causesPage(causes: readonly CauseEntry[]): string {
  return [
    '# Causes',
    '',
    'The causes that a report can name, from the most specific to the most general. Some are recognised by error messages:',
    '_Seen on_ lists the versions whose messages were seen in this lab; messages from public reports were not. A dash: the cause',
    'reads no messages. A cause that _warns_ is reported before anything has gone wrong. Generated from the table in',
    '`harness/diagnosis/causes/` by `npm run driftlab -- dev causes`.',
    '',
    ...aligned(['Code', 'What it is', 'Explains', 'Seen on'], causes.map(cells)),
    '',
  ].join('\n');
}

function cells({ code, title, anomalies, docs, seenOn, reported }: CauseEntry): string[] {
  const classes = anomalies.join(', ') || 'warns';
  const seen = [seenOn, reported === undefined ? undefined : `public reports: ${reported}`].filter(
    (one) => one !== undefined,
  );
  return [`[\`${code}\`](${docs})`, title.replaceAll('|', '\\|'), classes, seen.join('; ') || '–'];
}

/** A table as the formatter leaves it, so that what is generated passes the check. */
function aligned(header: readonly string[], body: readonly (readonly string[])[]): string[] {
  const rows = [header, ...body];
  const widths = header.map((_, place) => Math.max(...rows.map((row) => [...`${row[place]}`].length)));
  const lines = rows.map((row) => `| ${row.map((cell, place) => cell.padEnd(widths[place] ?? 0)).join(' | ')} |`);
  return lines.toSpliced(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`);
}
