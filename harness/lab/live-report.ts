import type { LabFault } from '#contracts/lab-fault.ts';
import type {
  LabAlert,
  LabFinding,
  LabPhase,
  LabPipelineState,
  LabRecovery,
  LabReport,
  LabVariant,
  LabWriters,
} from '#contracts/lab-report.ts';
import type { Cause } from '#model/cause.ts';
import { ANOMALIES, type AnomalyCounts, type Finding, toldFinding } from '#model/finding.ts';
import type { VariantVerdict } from '#model/observation.ts';
import type { VariantSpec } from '#model/pipeline.ts';
import type { Lag } from '#model/position.ts';
import { VERDICTS, worst } from '#model/verdict.ts';
import { anomaliesText } from '#report/words.ts';

/** All that the report is made from, as it stands at one moment. */
export interface LabView {
  readonly id: string;
  readonly phase: LabPhase;
  readonly seed: number;
  readonly startedAt: number;
  readonly now: Date;
  readonly specs: Readonly<Record<string, VariantSpec>>;
  readonly check?: { readonly at: number; readonly tookMs: number; readonly variants: readonly VariantVerdict[] };
  readonly consumers: ReadonlyMap<string, string>;
  readonly lag: Readonly<Record<string, Lag>>;
  /** By {@link findingName}, when it was first said. */
  readonly foundAt: ReadonlyMap<string, number>;
  /** By variant. */
  readonly causes: ReadonlyMap<string, readonly Cause[]>;
  readonly writers: LabWriters;
  readonly faults: readonly LabFault[];
  readonly alerts: readonly LabAlert[];
}

/** Names a finding over checks: the same thing wrong with the same key. */
export function findingName(variant: string, { anomaly, table, key, column }: Finding): string {
  return JSON.stringify([variant, anomaly, table, key, column]);
}

/** `GET /api/v1/report` */
export function labReport(view: LabView): LabReport {
  const { check, faults } = view;
  const variants = Object.keys(view.specs).map((name) => variantOf(view, name));
  return {
    status: check === undefined ? 'UNKNOWN' : worst(variants.map(({ status }) => status)),
    lab: {
      id: view.id,
      phase: view.phase,
      seed: view.seed,
      started_at: new Date(view.startedAt).toISOString(),
      now: view.now.toISOString(),
    },
    judged_at: check === undefined ? null : new Date(check.at).toISOString(),
    cut_lsn: check?.variants.find(({ cutLsn }) => cutLsn !== undefined)?.cutLsn ?? null,
    check_took_ms: check === undefined ? null : Math.round(check.tookMs),
    writers: view.writers,
    variants,
    faults,
    alerts: view.alerts.toSorted(
      (left, right) =>
        Number(left.until !== null) - Number(right.until !== null) || (left.since < right.since ? 1 : -1),
    ),
    recovery_history: faults.flatMap(recoveryOf),
    pipeline_state: pipelineState(view, variants),
  };
}

function variantOf(view: LabView, variant: string): LabVariant {
  const verdict = view.check?.variants.find((one) => one.variant === variant);
  const lag = view.lag[variant] ?? verdict?.lag ?? { records: 0, ms: 0 };
  return {
    variant,
    title: view.specs[variant]?.title ?? variant,
    status: verdict?.verdict ?? 'UNKNOWN',
    consumer: view.consumers.get(variant) ?? 'unknown',
    in_flight: verdict?.inFlight ?? 0,
    ...(verdict?.partialTransactions === undefined ? {} : { partial_transactions: verdict.partialTransactions }),
    lag: { records: lag.records, ms: Math.round(lag.ms) },
    anomalies: verdict?.counts ?? {},
    tables: (verdict?.tables ?? []).map((table) => ({
      table: table.table,
      status: table.verdict,
      source_rows: table.sourceRows,
      sink_rows: table.sinkRows,
      in_flight: table.inFlight,
      anomalies: table.counts,
    })),
    examples: (verdict?.findings ?? [])
      .map((finding) => findingOf(finding, view.foundAt.get(findingName(variant, finding)) ?? view.now.getTime()))
      .sort((left, right) => (left.found_at < right.found_at ? 1 : left.found_at > right.found_at ? -1 : 0)),
    causes: view.causes.get(variant) ?? [],
    ...(verdict === undefined ? { reason: 'not checked yet' } : {}),
    ...(verdict?.reason === undefined ? {} : { reason: verdict.reason }),
  };
}

function findingOf(finding: Finding, foundAt: number): LabFinding {
  return { ...toldFinding(finding), found_at: new Date(foundAt).toISOString() };
}

/** A fault that has settled is a recovery: how long it took, and what was sent again. */
function recoveryOf(fault: LabFault): LabRecovery[] {
  if (fault.state !== 'settled' || fault.settled_at === null) return [];
  const replayed = fault.evidence?.figures.events_replayed ?? fault.evidence?.figures.rows_read_again ?? 0;
  const slowest = Math.max(0, ...Object.values(fault.variants).map(({ converged_ms }) => converged_ms ?? 0));
  const untilHealed = Date.parse(fault.healed_at ?? fault.settled_at) - Date.parse(fault.requested_at);
  return [
    {
      type: fault.mode,
      duration_seconds: Math.round((untilHealed + slowest) / 100) / 10,
      events_replayed: Number(replayed),
    },
  ];
}

function pipelineState(view: LabView, variants: readonly LabVariant[]): LabPipelineState {
  const best = variants.reduce<LabVariant | undefined>(
    (soundest, one) =>
      soundest === undefined || VERDICTS.indexOf(one.status) <= VERDICTS.indexOf(soundest.status) ? one : soundest,
    undefined,
  );
  const counts = (of: 'source_rows' | 'sink_rows'): Record<string, number> =>
    Object.fromEntries((best?.tables ?? []).map((table) => [table.table.replace(/^[^.]*\./, ''), table[of]]));
  const standing = view.alerts.filter(({ until }) => until === null).map(({ text }) => text);
  const issues = variants
    .filter(({ anomalies, reason }) => !isEmpty(anomalies) || reason !== undefined)
    .map(({ variant, anomalies, reason }) => `${variant}: ${isEmpty(anomalies) ? reason : anomaliesText(anomalies)}`);
  return {
    last_verified_at: view.check === undefined ? null : new Date(view.check.at).toISOString(),
    source_row_counts: counts('source_rows'),
    sink_row_counts: counts('sink_rows'),
    known_issues: [...standing, ...issues],
    recent_failures: view.faults.slice(-10).map((fault) => failureText(fault, view.startedAt)),
  };
}

function isEmpty(counts: AnomalyCounts): boolean {
  return ANOMALIES.every((anomaly) => (counts[anomaly] ?? 0) === 0);
}

function failureText(fault: LabFault, startedAt: number): string {
  const seconds = Math.max(0, Math.round((Date.parse(fault.requested_at) - startedAt) / 1000));
  const name = fault.step === fault.mode ? fault.mode : `${fault.mode} (${fault.step})`;
  return `${name} at t=${seconds}s, ${wordFor(fault)}`;
}

function wordFor(fault: LabFault): string {
  if (fault.state === 'failed') return 'failed';
  if (fault.state !== 'settled') return 'in progress';
  const broken = Object.entries(fault.variants).filter(([, { status }]) => status !== 'PASS');
  return broken.length === 0 ? 'recovered' : `recovered, except ${broken.map(([name]) => name).join(', ')}`;
}
