import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunEvent } from '#model/run-event.ts';
import { buildReport } from './build.ts';
import { html } from './html/page.ts';
import { reportJson } from './json.ts';
import { junitXml } from './junit.ts';
import { markdown } from './markdown.ts';
import type { Report } from './report.ts';

/** What a run leaves in its folder, by file name. A new format is one file here, and one line in this table. */
export const formats: Readonly<Record<string, (report: Report) => string>> = {
  'report.json': reportJson,
  'report.md': markdown,
  'report.html': html,
  'junit.xml': junitXml,
};

/** Builds the report of a history and writes it in every format into `folder`. */
export function writeReports(folder: string, events: readonly RunEvent[]): Report {
  const report = buildReport(events);
  for (const [file, write] of Object.entries(formats)) writeFileSync(join(folder, file), write(report));
  return report;
}
