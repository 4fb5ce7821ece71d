import type { Finding } from '#model/finding.ts';
import { quantile } from '../common/statistics.ts';
import { type Jury, type Planting, signature } from './jury.ts';

/** Missed plantings and false alarms that are printed; the counts have all. */
const SHOWN_MAX = 20;

const isFound = ({ reportedAt }: Planting) => reportedAt !== undefined;

/** True where all plantings were found and nothing else. */
export function verdictOf({ plantings, alarms }: Jury): boolean {
  return plantings.every(isFound) && alarms.length === 0;
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? '-' : (ms / 1000).toFixed(1);
}

function row(name: string, plantings: readonly Planting[], alarms: number): string {
  const found = plantings.filter(isFound);
  const delays = found.map(({ plantedAt = 0, reportedAt = 0 }) => Math.max(0, reportedAt - plantedAt));
  const cells = [
    `${found.length} / ${plantings.length}`,
    String(alarms),
    seconds(quantile(delays, 0.5)),
    seconds(delays.length === 0 ? undefined : Math.max(...delays)),
  ];
  return `  ${name.padEnd(36)}${cells.map((cell) => cell.padStart(14)).join('')}`;
}

/** The trial's outcome, line by line. */
export function told(jury: Jury): string[] {
  const { plantings, alarms, unjudged, checks } = jury;
  const lines = ['', `  ${'class, hop'.padEnd(36)} found/planted  false alarms  reported p50 s         max s`];
  const name = ({ anomaly, hop }: Pick<Finding, 'anomaly' | 'hop'>) => `${anomaly}, ${hop}`;
  const names = new Set([...plantings.map(name), ...alarms.map(({ finding }) => name(finding))]);
  for (const one of [...names].sort())
    lines.push(
      row(
        one,
        plantings.filter((planting) => name(planting) === one),
        alarms.filter(({ finding }) => name(finding) === one).length,
      ),
    );
  lines.push('');
  for (const [variant, of] of Map.groupBy(plantings, (one) => one.variant))
    lines.push(row(variant, of, alarms.filter((alarm) => alarm.variant === variant).length));
  lines.push('', row('all', plantings, alarms.length), '');
  for (const one of plantings.filter((planting) => !isFound(planting)).slice(0, SHOWN_MAX))
    lines.push(`missed: ${one.variant}: ${JSON.stringify(one.expected)}`);
  for (const { variant, finding, kind } of alarms.slice(0, SHOWN_MAX))
    lines.push(`false alarm (${kind}): ${signature(variant, finding)}: ${finding.detail}`);
  // A sink whose table is altered just while it is read is not judged, and judged by the next check.
  for (const [reason, of] of [...Map.groupBy(unjudged, (one) => one)].slice(0, SHOWN_MAX))
    lines.push(`not judged ${of.length} times: ${reason}`);
  const verdict = verdictOf(jury) ? 'all found, and nothing else' : 'NOT as it must be';
  lines.push(
    `${verdict}: ${plantings.filter(isFound).length} of ${plantings.length} plantings found, ${alarms.length} false alarms, ${checks} checks`,
  );
  return lines;
}
