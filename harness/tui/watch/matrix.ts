import type { LabTable, LabVariant } from '#contracts/lab-report.ts';
import { VERDICTS } from '#model/verdict.ts';
import type { Paint } from '#report/text.ts';
import { toneOf } from '#report/text.ts';
import { anomaliesText, count, duration } from '#report/words.ts';
import { left, right } from '../fit.ts';
import { sparkline } from '../sparkline.ts';
import { chosenVariant } from './keys.ts';
import { paintedVerdict, shortTable, VERDICT_WIDTH, type View, verdictMark, verdictText } from './view.ts';

const NAME = 15;
const LAG = 8;
const CELL_MIN = 13;
const CELL_MAX = 15;
/** From this width on a column more begins to fit. */
const WITH_LATENCY = 100;
const WITH_TREND = 120;

interface Columns {
  readonly tables: readonly string[];
  /** Tables that do not fit. */
  readonly hidden: readonly string[];
  readonly cell: number;
  readonly latency: boolean;
  /** Width of the lag's sparkline; 0 for none. */
  readonly trend: number;
  /** What is left for the counts of anomalies. */
  readonly rest: number;
}

/** Variants × tables: status, rows at the sink, keys in flight. A heading, the source's rows, a line a variant. */
export function matrixLines(view: View, variantsMax: number): string[] {
  const { state, ui, paint } = view;
  const variants = state.report?.variants ?? [];
  const chosen = chosenVariant(ui, state);
  const at = variants.findIndex(({ variant }) => variant === chosen);
  const first = Math.max(0, Math.min(at - Math.floor(variantsMax / 2), variants.length - variantsMax));
  const columns = columnsFor(variants, view.columns);
  const shown = variants.slice(first, first + variantsMax);
  return [
    paint('dim', headingText(columns, variants.length - shown.length)),
    paint('dim', sourceText(columns, variants[at])),
    ...shown.map((variant) => variantText(variant, columns, view, variant.variant === chosen)),
  ];
}

function columnsFor(variants: readonly LabVariant[], width: number): Columns {
  const tables = [...new Set(variants.flatMap((variant) => variant.tables.map(({ table }) => table)))];
  const latency = width >= WITH_LATENCY;
  const trend = width >= WITH_TREND ? 16 : 0;
  const fixed = 2 + NAME + 1 + VERDICT_WIDTH + 1 + LAG + (latency ? LAG + 1 : 0) + (trend === 0 ? 0 : trend + 1);
  const room = width - fixed;
  const fitting = Math.max(1, Math.floor(room / (CELL_MIN + 1)));
  const count = tables.length <= fitting ? tables.length : fitting - 1;
  const columns = Math.min(tables.length, fitting);
  const cell = Math.min(CELL_MAX, Math.floor(room / Math.max(1, columns)) - 1);
  const rest = room - columns * (cell + 1) - 1;
  return { tables: tables.slice(0, count), hidden: tables.slice(count), cell, latency, trend, rest };
}

function headingText({ tables, hidden, cell, latency, trend, rest }: Columns, unseen: number): string {
  const name = unseen > 0 ? `variant (+${unseen})` : 'variant';
  return [
    `  ${left(name, NAME)}`,
    left('status', VERDICT_WIDTH),
    right('lag', LAG),
    ...(latency ? [right('latency', LAG)] : []),
    ...(trend > 0 ? [left('lag of late', trend)] : []),
    ...tables.map((table) => right(shortTable(table), cell)),
    ...(hidden.length > 0 ? [right(`+${hidden.length} tables`, cell)] : []),
    ...(rest >= CELL_MIN ? [left('anomalies', rest)] : []),
  ].join(' ');
}

/** How many rows the source has: what each count below is to be compared with. */
function sourceText({ tables, cell, latency, trend }: Columns, variant: LabVariant | undefined): string {
  const before = 2 + NAME + 1 + VERDICT_WIDTH + 1 + LAG + (latency ? LAG + 1 : 0) + (trend > 0 ? trend + 1 : 0);
  const rows = (name: string) => variant?.tables.find(({ table }) => table === name)?.source_rows;
  return [
    left('  rows at the source', before),
    ...tables.map((table) => right(rows(table) === undefined ? '–' : count(rows(table) ?? 0), cell)),
  ].join(' ');
}

function variantText(variant: LabVariant, columns: Columns, { state, paint }: View, chosen: boolean): string {
  const { latency, trend, tables, hidden, cell, rest } = columns;
  const name = left(variant.variant, NAME);
  const padding = ' '.repeat(VERDICT_WIDTH - verdictText(variant.status).length);
  const last = state.latency[variant.variant]?.at(-1);
  const lags = state.lag[variant.variant] ?? [];
  // One scale for all, so that they can be compared.
  const scale = Math.max(1000, ...Object.values(state.lag).flatMap((values) => values.slice(-trend)));
  const byName = new Map(variant.tables.map((table) => [table.table, table]));
  return [
    chosen ? `▶ ${paint('strong', name)}` : `  ${name}`,
    paintedVerdict(variant.status, paint) + padding,
    right(duration(variant.lag.ms), LAG),
    ...(latency ? [right(last === undefined ? '–' : duration(last), LAG)] : []),
    ...(trend > 0 ? [left(sparkline(lags, scale, trend), trend)] : []),
    ...tables.map((table) => cellText(byName.get(table), cell, paint)),
    ...(hidden.length > 0 ? [hiddenText(hidden, byName, cell, paint)] : []),
    ...(rest >= CELL_MIN ? [left(anomaliesText(variant.anomalies) || (variant.reason ?? ''), rest)] : []),
  ].join(' ');
}

/** `✗ 12,345 ~12`: the verdict's mark, rows at the sink, keys in flight. */
function cellText(table: LabTable | undefined, width: number, paint: Paint): string {
  if (table === undefined) return right('–', width);
  const flying = table.in_flight > 0 ? ` ~${count(table.in_flight)}` : '';
  return paint(toneOf(table.status), right(`${verdictMark(table.status)} ${count(table.sink_rows)}${flying}`, width));
}

/** The worst of the tables that have no column of their own. */
function hiddenText(
  hidden: readonly string[],
  byName: ReadonlyMap<string, LabTable>,
  width: number,
  paint: Paint,
): string {
  const all = hidden.flatMap((name) => byName.get(name)?.status ?? []);
  const index = Math.max(-1, ...all.map((status) => VERDICTS.indexOf(status)));
  const status = VERDICTS[index];
  return status === undefined ? right('–', width) : paint(toneOf(status), right(verdictText(status), width));
}
