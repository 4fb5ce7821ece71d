import type { Cause } from '#model/cause.ts';
import { code, table, text } from './markdown-text.ts';
import type { Report, SubjectCell, SubjectReport } from './report.ts';
import { causeLabels, count, duration } from './words.ts';

const SURVIVED: ReadonlyMap<boolean | null, string> = new Map([
  [true, '✅ PASS'],
  [false, '❌'],
  [null, '❔'],
]);

/** Does it survive: a line for each subject and fault, and what to change for each that it does not. */
export function survivalSection({ subject }: Report): string {
  if (subject === undefined) return '';
  const rows = subject.cells.map((cell) => [
    code(cell.fault),
    code(cell.subject),
    cell.survived === true ? '✅ PASS' : `${SURVIVED.get(cell.survived)} ${text(cell.seen)}${hops(cell)}`,
    cell.converged_ms === null ? 'never' : duration(cell.converged_ms),
    count(cell.replayed),
    duration(cell.longest_stall_ms),
  ]);
  const header = ['Fault', 'Subject', 'Does it survive', 'Converged after', 'Events replayed', 'Longest stall'];
  const lines = ['## Does it survive', '', ...table(header, rows)];
  const change = changes(subject.cells);
  if (change.length > 0) lines.push('', '### What to change', '', ...change);
  return lines.join('\n');
}

function hops({ went_wrong }: SubjectCell): string {
  return went_wrong.length === 0 ? '' : `<br><sub>went wrong ${went_wrong.map(text).join('; ')}</sub>`;
}

/** Each sentence once, with all that it explains. */
function changes(cells: readonly SubjectCell[]): string[] {
  const explained = new Map<string, string[]>();
  for (const { fault, subject, change } of cells)
    for (const one of change) explained.set(one, [...(explained.get(one) ?? []), `${subject} under ${fault}`]);
  return [...explained].map(([change, where]) => `- ${text(change)} <sub>${text(where.join(', '))}</sub>`);
}

function setting(value: string | null): string {
  if (value === null) return '_not set_';
  return value === '' ? '_empty_' : code(value);
}

const BYTES_MB = 1024 * 1024;

/** What the pipeline does to the source: the log that its slots keep there, and statements that its publication stops. */
export function sourceSection({ subject, modes }: Report): string {
  const causes = new Map(modes.flatMap(({ causes: all }) => all.map((cause) => [cause.says, cause] as const)));
  const parts = [...logTable(subject?.source_log ?? []), ...[...causes.values()].map(causePart)];
  return parts.length === 0 ? '' : ['## The source', ...parts].join('\n\n');
}

function logTable(logs: SubjectReport['source_log']): string[] {
  if (logs.length === 0) return [];
  const mb = (bytes: number): string => `${(bytes / BYTES_MB).toFixed(1)} MB`;
  const rows = logs.map((one) => [
    code(one.fault),
    code(one.slot),
    mb(one.written_bytes),
    mb(one.retained_bytes),
    mb(one.unconfirmed_bytes),
    one.unbounded ? '❌ grows without bound' : '✅ bounded',
  ]);
  return [table(['Fault', 'Slot', 'Written', 'Retained', 'Unconfirmed', 'Growth'], rows).join('\n')];
}

/** Why, with what was read, and what to change; all of it is other people's text. */
export function causePart(cause: Cause): string {
  const { code: name, says, evidence, remedy, docs, certainty } = cause;
  const labels = causeLabels(cause);
  const sure = certainty === 'likely' ? ', likely' : '';
  return [
    `**Why:** ${text(says)} ([${code(name)}](${docs})${sure})`,
    '',
    ...evidence.map((one) => `- ${labels.evidence.toLowerCase()}: ${text(one)}`),
    ...remedy.map((one) => `- **${labels.remedy.toLowerCase()}:** ${text(one)}`),
  ].join('\n');
}

/** What is not here as it is where the pipeline runs, and what was not looked at. */
export function differencesSection({ subject }: Report): string {
  if (subject === undefined) return '';
  const parts: string[] = [];
  if (subject.replaced.length > 0) {
    const rows = subject.replaced.map(({ connector, property, theirs, here }) => [
      code(connector),
      code(property),
      setting(theirs),
      setting(here),
    ]);
    parts.push(['## Replaced to run here', '', ...table(['Connector', 'Property', 'Yours', 'Here'], rows)].join('\n'));
  }
  if (subject.types.length > 0)
    parts.push(['## Compared by value', '', ...subject.types.map((one) => `- ${text(one)}`)].join('\n'));
  if (subject.unchecked.length > 0)
    parts.push(['## Not checked', '', ...subject.unchecked.map((one) => `- ${text(one)}`)].join('\n'));
  return parts.join('\n\n');
}
