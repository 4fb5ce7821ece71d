import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, OperatorError } from '#std/errors.ts';
import { REPORT_SCHEMA, type Report } from './report.ts';

/** The report that a run has left in its folder. Throws an OperatorError for none, and for what is none of ours. */
export function readReport(folder: string): Report {
  const path = join(folder, 'report.json');
  let report: Partial<Report> | null;
  try {
    report = JSON.parse(readFileSync(path, 'utf8')) as Partial<Report> | null;
  } catch (cause) {
    throw new OperatorError({
      code: 'report-missing',
      message: `${folder} holds no report of a run`,
      expected: `a file ${path}`,
      found: messageOf(cause),
      hint: 'give the folder of a run, such as reports/latest; `driftlab report FOLDER` writes a lost report again',
      cause,
    });
  }
  if (report?.schema === REPORT_SCHEMA) {
    if (typeof report.run === 'string' && typeof report.verdict === 'string' && Array.isArray(report.modes))
      return report as Report;
    throw new OperatorError({
      code: 'report-damaged',
      message: `${path} is not a whole report`,
      expected: 'the report with its run, verdict and modes',
      found: `only ${Object.keys(report).join(', ')}`,
      hint: '`driftlab report FOLDER` writes it again from the history',
    });
  }
  throw new OperatorError({
    code: 'report-foreign',
    message: `${path} is not the report of a run, or of another version`,
    expected: `"schema": "${REPORT_SCHEMA}"`,
    found: JSON.stringify(report?.schema ?? null),
    hint: 'for a run of an older version, `driftlab report FOLDER` writes the report again from its history',
  });
}
