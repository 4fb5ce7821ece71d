import { visible } from '#std/visible.ts';

/** Rows under their headings, columns as wide as their widest cell; numbers to the right. */
export function tableLines(headings: readonly string[], cells: readonly (readonly string[])[]): string[] {
  const rows = cells.map((row) => row.map(visible));
  const widths = headings.map((heading, at) => Math.max(heading.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const numeric = headings.map(
    (_, at) => rows.length > 0 && rows.every((row) => /^(-?[\d,. ]+)?$/.test(row[at] ?? '')),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) => (numeric[at] === true ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(headings), ...rows.map(line)];
}
