import { join } from 'node:path';
import type { RunEvent } from '#model/run-event.ts';
import { writeAllWhole } from '#setup/whole-file.mjs';
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

/** Builds the report of a history and writes it in every format into `folder`: all of them, or none. */
export function writeReports(folder: string, events: readonly RunEvent[]): Report {
  const report = buildReport(events);
  writeAllWhole(Object.entries(formats).map(([file, write]) => [join(folder, file), write(report)] as const));
  return report;
}
