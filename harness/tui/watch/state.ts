import type { Catalogue } from '#contracts/catalogue.ts';
import type { LabFault } from '#contracts/lab-fault.ts';
import type { LabAlert, LabReport, LabVariant, LabWriters } from '#contracts/lab-report.ts';
import type { LabConnectors, LabLags, LabStack } from '#contracts/lab-stack.ts';
import type { LabEvent } from '#model/lab.ts';
import type { VariantVerdict } from '#model/observation.ts';
import type { RunEvent } from '#model/run-event.ts';
import { worst } from '#model/verdict.ts';
import type { Tone } from '#report/text.ts';
import { type Found, foundInCheck, foundInReport, merged } from './found.ts';

/** Values kept for a sparkline: as many as the widest terminal shows. */
const TREND_MAX = 200;

/** How we stand with the daemon. Times are ms since the epoch. */
type Link =
  | { readonly kind: 'seeking'; readonly since: number; readonly why: string }
  | { readonly kind: 'attached'; readonly since: number }
  | { readonly kind: 'away'; readonly since: number; readonly why: string };

/** Seconds from a commit to a sink, added up, and how many there were, since the daemon started: a histogram's ends. */
export interface LatencyTotal {
  readonly sum: number;
  readonly count: number;
}

/** What the lab said when it was asked: whatever it could say. */
export interface Answers {
  readonly report?: LabReport;
  /** What can be injected. */
  readonly catalogue?: Catalogue;
  readonly stack?: LabStack;
  readonly lags?: LabLags;
  readonly connectors?: LabConnectors;
  /** By variant. */
  readonly latencies?: Readonly<Record<string, LatencyTotal>>;
}

/** Everything that changes what is shown, but for keys and the clock. `at` is ms since the epoch. */
export type WatchInput =
  | { readonly kind: 'attached'; readonly at: number }
  | { readonly kind: 'away'; readonly at: number; readonly why: string }
  | { readonly kind: 'answers'; readonly answers: Answers }
  | { readonly kind: 'event'; readonly event: LabEvent }
  | { readonly kind: 'said'; readonly said: Said };

/** A word about what was just done, or what the lab notes. */
export interface Said {
  readonly at: number;
  readonly tone: Tone;
  readonly text: string;
}

type Wait = Extract<RunEvent, { readonly type: 'wait' }>;
type Trends = Readonly<Record<string, readonly number[]>>;

export interface WatchState {
  /** `127.0.0.1:8089` */
  readonly address: string;
  readonly link: Link;
  readonly report?: LabReport;
  /** When the lab said that; events that are older change trends and findings only. */
  readonly reportAt: number;
  readonly catalogue?: Catalogue;
  readonly stack?: LabStack;
  readonly lags?: LabLags;
  readonly connectors?: LabConnectors;
  /** Transactions per second, oldest first, about one a second. */
  readonly rates: readonly number[];
  /** By variant: lag in ms, about one a second. */
  readonly lag: Trends;
  /** By variant: mean latency in ms of what has arrived since the last look. */
  readonly latency: Trends;
  readonly latencies: Readonly<Record<string, LatencyTotal>>;
  /** When each fault's `heals_in_ms` was said. */
  readonly faultAt: Readonly<Record<string, number>>;
  readonly wait?: Wait;
  /** Newest first. */
  readonly found: readonly Found[];
  readonly said?: Said;
}

export function initialWatch(address: string, since: number): WatchState {
  return {
    address,
    link: { kind: 'seeking', since, why: '' },
    ...{ reportAt: 0, rates: [], lag: {}, latency: {}, latencies: {}, faultAt: {}, found: [] },
  };
}

/** The state after one more input. Pure: what is shown follows from what the lab has said. */
export function reduceWatch(state: WatchState, input: WatchInput): WatchState {
  switch (input.kind) {
    case 'attached':
      return { ...state, link: { kind: 'attached', since: input.at } };
    case 'away':
      return { ...state, link: away(state.link, input.at, input.why) };
    case 'answers':
      return answered(state, input.answers);
    case 'event':
      return happened(state, input.event);
    case 'said':
      return { ...state, said: input.said };
  }
}

/** Away counts from when the lab was last there, however often it was looked for since. */
function away(link: Link, at: number, why: string): Link {
  return link.kind === 'attached' ? { kind: 'away', since: at, why } : { ...link, why };
}

function answered(state: WatchState, { report, latencies, ...rest }: Answers): WatchState {
  const known = report !== undefined && isOtherLab(state, report) ? forgotten(state) : state;
  const told = { ...known, ...rest };
  const reported = report === undefined ? told : withReport(told, report);
  return latencies === undefined ? reported : withLatencies(reported, latencies);
}

function isOtherLab({ report }: WatchState, { lab }: LabReport): boolean {
  return report !== undefined && report.lab.id !== lab.id;
}

/** Another lab answers on the address: nothing of what was seen is about it. */
function forgotten({ address, link }: WatchState): WatchState {
  return { ...initialWatch(address, link.since), link };
}

function withReport(state: WatchState, report: LabReport): WatchState {
  const reportAt = Date.parse(report.lab.now);
  const faultAt = Object.fromEntries(report.faults.map(({ id }) => [id, reportAt]));
  return { ...state, report, reportAt, faultAt, found: merged(state.found, foundInReport(report)) };
}

function withLatencies(state: WatchState, latencies: Readonly<Record<string, LatencyTotal>>): WatchState {
  const latency: Record<string, readonly number[]> = { ...state.latency };
  for (const [variant, total] of Object.entries(latencies)) {
    const known = state.latencies[variant];
    // A daemon that has started anew counts from nothing.
    const before = known !== undefined && known.count <= total.count ? known : { sum: 0, count: 0 };
    const count = total.count - before.count;
    if (count > 0) latency[variant] = added(latency[variant], ((total.sum - before.sum) / count) * 1000);
  }
  return { ...state, latency, latencies };
}

function added(trend: readonly number[] | undefined, value: number): readonly number[] {
  return [...(trend ?? []), value].slice(-TREND_MAX);
}

function happened(state: WatchState, event: LabEvent): WatchState {
  switch (event.type) {
    case 'sample':
      return sampled(state, event);
    case 'check':
      return withReportOf(
        { ...state, found: merged(state.found, foundInCheck(event.variants, event.at)) },
        event.at,
        (report) => checked(report, event.variants, event.at, event.tookMs),
      );
    case 'node':
      return state.stack === undefined || event.at < state.reportAt
        ? state
        : { ...state, stack: withNode(state.stack, event.node, event.state) };
    case 'wait':
      return { ...state, wait: event };
    case 'note':
      return event.level === 'info'
        ? state
        : { ...state, said: { at: event.at, tone: 'odd', text: `${event.level}: ${event.text}` } };
    case 'lab-fault':
      return withFault(state, event.at, event.fault);
    case 'lab-alert':
      return withReportOf(state, event.at, (report) => ({ ...report, alerts: withAlert(report.alerts, event.alert) }));
    case 'lab-causes':
      return withReportOf(state, event.at, (report) => ({
        ...report,
        variants: report.variants.map((one) =>
          one.variant === event.variant ? { ...one, causes: event.causes } : one,
        ),
      }));
    case 'lab-writers':
      return withReportOf(state, event.at, (report) => ({ ...report, writers: event.writers }));
    case 'lab-phase':
      return withReportOf(state, event.at, (report) => ({ ...report, lab: { ...report.lab, phase: event.phase } }));
    default:
      // The other run events are told by the lab's own: phases and steps of a fault by `lab-fault`.
      return state;
  }
}

/** What was remembered and is told again must not undo what the lab has said since. */
function withReportOf(state: WatchState, at: number, change: (report: LabReport) => LabReport): WatchState {
  return state.report === undefined || at < state.reportAt ? state : { ...state, report: change(state.report) };
}

function sampled(state: WatchState, event: Extract<RunEvent, { readonly type: 'sample' }>): WatchState {
  const lag: Record<string, readonly number[]> = { ...state.lag };
  for (const [variant, { ms }] of Object.entries(event.lag)) lag[variant] = added(lag[variant], ms);
  const told = { ...state, lag, rates: added(state.rates, event.transactionsPerSecond) };
  return withReportOf(told, event.at, (report) => ({
    ...report,
    writers: withSpeed(report.writers, event.transactionsPerSecond, event.committed),
    variants: report.variants.map((one) => ({ ...one, lag: event.lag[one.variant] ?? one.lag })),
  }));
}

function withSpeed(writers: LabWriters, transactionsPerSecond: number, committed: number): LabWriters {
  return { ...writers, transactions_per_second: transactionsPerSecond, committed };
}

function checked(report: LabReport, seen: readonly VariantVerdict[], at: number, tookMs: number): LabReport {
  const variants = report.variants.map((variant) => {
    const verdict = seen.find((one) => one.variant === variant.variant);
    return verdict === undefined ? variant : withVerdict(variant, verdict);
  });
  const cut = seen.find(({ cutLsn }) => cutLsn !== undefined)?.cutLsn;
  return {
    ...report,
    variants,
    status: worst(variants.map(({ status }) => status)),
    judged_at: new Date(at).toISOString(),
    cut_lsn: cut ?? report.cut_lsn,
    check_took_ms: tookMs,
  };
}

function withVerdict(
  { reason: _, partial_transactions: __, ...variant }: LabVariant,
  verdict: VariantVerdict,
): LabVariant {
  return {
    ...variant,
    status: verdict.verdict,
    in_flight: verdict.inFlight,
    ...(verdict.partialTransactions === undefined ? {} : { partial_transactions: verdict.partialTransactions }),
    anomalies: verdict.counts,
    lag: verdict.lag,
    tables: verdict.tables.map((table) => ({
      table: table.table,
      status: table.verdict,
      source_rows: table.sourceRows,
      sink_rows: table.sinkRows,
      in_flight: table.inFlight,
      anomalies: table.counts,
    })),
    ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
  };
}

function withNode(stack: LabStack, name: string, state: LabStack['nodes'][number]['state']): LabStack {
  const nodes = stack.nodes.map((node) =>
    node.name === name ? { ...node, state, healthy: state === 'running' } : node,
  );
  return { ...stack, nodes };
}

function withFault(state: WatchState, at: number, fault: LabFault): WatchState {
  if (state.report === undefined || at < state.reportAt) return state;
  const { faults } = state.report;
  const known = faults.some(({ id }) => id === fault.id);
  const next = known ? faults.map((one) => (one.id === fault.id ? fault : one)) : [...faults, fault];
  return { ...state, report: { ...state.report, faults: next }, faultAt: { ...state.faultAt, [fault.id]: at } };
}

function withAlert(alerts: readonly LabAlert[], alert: LabAlert): LabAlert[] {
  const rest = alerts.filter(({ id }) => id !== alert.id);
  const standing = rest.filter(({ until }) => until === null);
  const over = rest.filter(({ until }) => until !== null);
  return alert.until === null ? [alert, ...standing, ...over] : [...standing, alert, ...over];
}

/** The fault that is in or settling; undefined where there is none. */
export function faultUnderWay(report: LabReport | undefined): LabFault | undefined {
  return report?.faults.findLast(({ state }) => state === 'injecting' || state === 'settling');
}

/** The alerts that stand, newest first. */
export function standingAlerts(report: LabReport | undefined): readonly LabAlert[] {
  return report?.alerts.filter(({ until }) => until === null) ?? [];
}
