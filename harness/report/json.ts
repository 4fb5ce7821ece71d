import type { Report } from './report.ts';

/** report.json: see schema.json beside this file, and docs/report.md. */
export function reportJson(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}
