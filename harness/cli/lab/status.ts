import type { LabReport, LabTable, LabVariant } from '#contracts/lab-report.ts';
import { openClient } from '#lab/client.ts';
import { labHome } from '#lab/home.ts';
import { anomaliesText, causeLines, count, duration } from '#report/words.ts';
import { visibleIn } from '#std/visible.ts';
import { helpOf, parseArguments, unknownName } from '../arguments.ts';
import type { Host } from '../host.ts';
import { statusUsage } from './options.ts';
import { tableLines } from './table.ts';
import { verdictLines } from './trigger.ts';

export interface StatusFilter {
  readonly table?: string | undefined;
  readonly variant?: string | undefined;
}

/** `driftlab status`: exit 0 whatever the report says; it is a question, not a test. */
export async function statusCommand(args: readonly string[], host: Host): Promise<number> {
  const { options } = parseArguments(statusUsage, args);
  if (options.help) {
    host.stdout.write(`${helpOf(statusUsage)}\n`);
    return 0;
  }
  const report = await openClient(labHome(host.env)).get<LabReport>('/api/v1/report');
  if (options.json) host.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else host.stdout.write(`${statusLines(visibleIn(report), options).join('\n')}\n`);
  return 0;
}

/** The report as lines. Throws an OperatorError for a table or a variant that is not there. */
export function statusLines(report: LabReport, filter: StatusFilter): string[] {
  const variants = chosen(report, filter);
  const { writers, lab } = report;
  const judged =
    report.judged_at === null
      ? 'not checked yet'
      : `checked ${ago(report.judged_at, lab.now)} ago up to ${report.cut_lsn ?? 'the end'}`;
  const up = duration(Date.parse(lab.now) - Date.parse(lab.started_at));
  return [
    `${report.status}  ${judged}; the lab is ${lab.phase}, up for ${up}, seed ${lab.seed}`,
    `writers ${writers.state}: ${writers.transactions_per_second} of ${writers.rate} transactions/s, ${count(writers.committed)} so far` +
      (writers.failure === null ? '' : `; failed: ${writers.failure}`),
    '',
    ...tableLines(
      ['variant', 'table', 'status', 'source rows', 'sink rows', 'in flight', 'lag', 'anomalies'],
      variants.flatMap(({ variant, tables }) => rowsOf(variant, tables)),
    ),
    ...variants.flatMap(reasonLines),
    ...alertLines(report),
    ...faultLines(report),
  ];
}

function chosen(report: LabReport, { table, variant }: StatusFilter) {
  const names = report.variants.map((one) => one.variant);
  if (variant !== undefined && !names.includes(variant)) throw unknownName('variant', variant, names);
  const tables = [...new Set(report.variants.flatMap((one) => one.tables.map((of) => of.table)))];
  const wanted = table === undefined ? undefined : tables.find((name) => name === table || name.endsWith(`.${table}`));
  if (table !== undefined && wanted === undefined && tables.length > 0) throw unknownName('table', table, tables);
  return report.variants
    .filter((one) => variant === undefined || one.variant === variant)
    .map((one) => ({
      variant: one,
      tables: one.tables.filter((of) => wanted === undefined || of.table === wanted),
    }));
}

function rowsOf(variant: LabVariant, tables: readonly LabTable[]): string[][] {
  const { records, ms } = variant.lag;
  const lag = records === 0 ? '0' : `${count(records)} / ${duration(ms)}`;
  if (tables.length === 0) return [[variant.variant, '', variant.status, '', '', '', lag, '']];
  return tables.map((table, index) => [
    index === 0 ? variant.variant : '',
    table.table,
    table.status,
    count(table.source_rows),
    count(table.sink_rows),
    count(table.in_flight),
    index === 0 ? lag : '',
    anomaliesText(table.anomalies),
  ]);
}

function reasonLines({ variant }: { readonly variant: LabVariant }): string[] {
  const example = variant.examples[0];
  return [
    ...(variant.reason === undefined ? [] : [`  ${variant.variant}: ${variant.reason}`]),
    ...(example === undefined
      ? []
      : [
          `  ${variant.variant}, newest: ${example.anomaly} ${example.table ?? ''} ${example.key ?? ''}: ${example.detail}`,
        ]),
    ...variant.causes.flatMap((cause) =>
      causeLines(cause).map((line, index) => (index === 0 ? `  ${variant.variant}, why: ${line}` : `    ${line}`)),
    ),
  ];
}

function alertLines({ alerts }: LabReport): string[] {
  const standing = alerts.filter(({ until }) => until === null);
  if (standing.length === 0) return [];
  return [
    '',
    'alerts',
    ...standing.flatMap(({ text, cause }) => [`  ! ${text}`, ...causeLines(cause).map((line) => `    ${line}`)]),
  ];
}

const FAULTS_SHOWN = 5;

function faultLines({ faults }: LabReport): string[] {
  if (faults.length === 0) return [];
  const shown = faults.slice(-FAULTS_SHOWN);
  const more = faults.length - shown.length;
  return [
    '',
    `faults${more === 0 ? '' : ` (the last ${shown.length} of ${faults.length})`}`,
    ...shown.flatMap(verdictLines),
  ];
}

function ago(from: string, to: string): string {
  return duration(Math.max(0, Date.parse(to) - Date.parse(from)));
}
