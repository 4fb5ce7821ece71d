import type { Catalogue } from '#contracts/catalogue.ts';
import type { LabFault } from '#contracts/lab-fault.ts';
import type { LabAlert, LabFinding, LabReport, LabTable, LabVariant } from '#contracts/lab-report.ts';
import type { LabConnectors, LabLags, LabStack } from '#contracts/lab-stack.ts';
import { catalogueOf, withImpossible } from '#lab/catalogue.ts';
import type { Anomaly, AnomalyCounts } from '#model/finding.ts';
import type { Scenario } from '#model/scenario.ts';
import type { NodeState } from '#model/stack.ts';
import type { Verdict } from '#model/verdict.ts';
import { worst } from '#model/verdict.ts';
import { canonical } from '../../scenarios/01-canonical-reference/scenario.ts';
import { exampleCauses, exampleFindings } from './findings.ts';

/** The moment that all answers are from, ms since the epoch. */
export const LAB_NOW = Date.UTC(2026, 0, 5, 12, 0, 0);

/** So many ms from then, as the lab says times. */
export function labTime(ms: number): string {
  return new Date(LAB_NOW + ms).toISOString();
}

const TABLES = [
  ['public.customers', 512],
  ['public.orders', 2052],
  ['public.line_items', 5130],
] as const;

export function labTables(status: Verdict = 'PASS', more: number = 0): LabTable[] {
  return TABLES.map(([table, rows], index) => ({
    table,
    status: index === 1 ? status : 'PASS',
    source_rows: rows,
    sink_rows: index === 1 ? rows + more : rows,
    in_flight: index === 0 ? 0 : index * 3,
    anomalies: {},
  }));
}

/** A finding of each class that is counted, a minute old. */
export function labFindings(counts: AnomalyCounts): LabFinding[] {
  return exampleFindings(counts).map(({ event, ...finding }, index) => ({
    ...finding,
    found_at: labTime(-60_000 - index * 1000),
    ...(event === undefined
      ? {}
      : { event: { ...event, offset: String(event.offset), lsn: String(event.lsn), txn: event.txn ?? '' } }),
  }));
}

export function labVariant(variant: string, more: Partial<LabVariant> = {}): LabVariant {
  return {
    variant,
    title: `the variant ${variant}`,
    status: 'PASS',
    consumer: 'running',
    in_flight: 9,
    lag: { records: 12, ms: 84 },
    anomalies: {},
    tables: labTables(more.status ?? 'PASS'),
    ...{ examples: [], causes: [] },
    ...more,
  };
}

/** A variant in which these were found. */
export function brokenVariant(variant: string, status: Verdict, anomalies: AnomalyCounts): LabVariant {
  const extra = anomalies.duplicate ?? 0;
  const examples = labFindings(anomalies);
  const causes = exampleCauses(anomalies);
  return labVariant(variant, { status, anomalies, examples, causes, tables: labTables(status, extra) });
}

export function labReport(more: Partial<LabReport> = {}): LabReport {
  const variants = more.variants ?? ['insert', 'upsert', 'dedup', 'debezium-jdbc'].map((name) => labVariant(name));
  return {
    status: worst(variants.map(({ status }) => status)),
    lab: {
      id: 'live-7f3a',
      phase: 'running',
      seed: 4711,
      started_at: labTime(-12 * 60_000),
      now: labTime(0),
    },
    judged_at: labTime(-800),
    cut_lsn: '0/1A2B3C8',
    check_took_ms: 240,
    writers: { state: 'running', rate: 100, transactions_per_second: 98.4, committed: 70_812, failure: null },
    variants,
    faults: [],
    alerts: [],
    recovery_history: [],
    pipeline_state: {
      last_verified_at: labTime(-800),
      source_row_counts: { customers: 512 },
      sink_row_counts: { customers: 512 },
      known_issues: [],
      recent_failures: [],
    },
    ...more,
  };
}

export function labStack(states: Readonly<Record<string, NodeState>> = {}): LabStack {
  return {
    runtime: 'embedded',
    daemon: { pid: 4711, uptime_seconds: 720, memory_bytes: 120_000_000 },
    nodes: ['source', 'broker', 'connect', 'connect-sink', 'sink'].map((name) => ({
      name,
      state: states[name] ?? 'running',
      healthy: (states[name] ?? 'running') === 'running',
      pid: 100,
      address: '127.0.0.1:5432',
      version: '1',
      log: `/logs/${name}.log`,
      restarts: 0,
    })),
  };
}

export function labLags(variants: readonly string[] = ['insert', 'upsert', 'dedup', 'debezium-jdbc']): LabLags {
  return {
    at: labTime(0),
    retention_ms: 60_000,
    groups: variants.map((variant) => ({
      group: `lab-${variant}`,
      variant,
      lag: { records: 12, ms: 84 },
      partitions: [0, 1].map((partition) => ({
        topic: 'lab.public.orders',
        partition,
        committed: String(20_613 + partition),
        end: String(20_619 + partition),
        start: '0',
        lag_records: 6,
        lag_ms: 84,
      })),
    })),
  };
}

export function labConnectors(state = 'RUNNING', task = 'RUNNING'): LabConnectors {
  const trace = task === 'FAILED' ? 'java.lang.IllegalStateException: slot is gone' : null;
  return {
    connectors: [
      {
        name: 'lab-source',
        type: 'source',
        worker: 'connect',
        state,
        tasks: [{ id: 0, state: task, trace }],
        captured_lsn: '0/1A2B4F0',
        error: trace,
      },
    ],
  };
}

export function labFault(more: Partial<LabFault> = {}): LabFault {
  return {
    id: 'lag-2',
    mode: 'lag',
    step: 'lag',
    title: 'All consumers are paused while writers continue',
    kind: 'pause-consumers',
    state: 'injecting',
    requested_at: labTime(-3200),
    healed_at: null,
    settled_at: null,
    heals_in_ms: 6800,
    healed_early: false,
    doing: 'every consumer is paused',
    watch_for: 'insert, upsert, dedup, debezium-jdbc converge',
    verdict: null,
    evidence: null,
    variants: {},
    error: null,
    ...more,
  };
}

export function settledFault(more: Partial<LabFault> = {}): LabFault {
  const outcome = (seen: string, anomalies: Partial<Record<Anomaly, number>> = {}) => ({
    status: seen === 'converged' ? ('PASS' as const) : ('WARN' as const),
    expected: seen === 'converged' ? 'converges' : 'duplicate',
    seen,
    met: true,
    anomalies,
    carried: {},
    converged_ms: 640,
  });
  return labFault({
    id: 'restart-1',
    mode: 'restart',
    step: 'restart',
    title: 'Connect is killed before it flushes its offsets',
    state: 'settled',
    healed_at: labTime(-180_000),
    settled_at: labTime(-170_000),
    heals_in_ms: null,
    doing: 'settled and judged',
    verdict: 'PASS',
    evidence: { bit: true, text: '412 events came a second time.', figures: { events_replayed: 412 } },
    variants: { insert: outcome('duplicate 398', { duplicate: 398 }), dedup: outcome('converged') },
    ...more,
  });
}

const NEAR: LabAlert['cause'] = {
  code: 'retention-near',
  says: 'lab-dedup lags by 50.0 s of the 60.0 s for which the topics keep records.',
  evidence: ['its oldest unread record is 50.0 s old'],
  remedy: ['give the topics a longer retention now, and let the consumers go on'],
  docs: 'https://kafka.apache.org/documentation/#topicconfigs_retention.ms',
  certainty: 'shown',
  anomalies: [],
};

export function labAlert(more: Partial<LabAlert> = {}): LabAlert {
  return {
    id: 'dedup-near-1',
    kind: 'lag-near-retention',
    variant: 'dedup',
    group: 'lab-dedup',
    lag_ms: 50_000,
    retention_ms: 60_000,
    records_gone: 0,
    since: labTime(-2000),
    until: null,
    text: 'lab-dedup lags by 50.0 s of the 60.0 s for which the topics keep records',
    cause: NEAR,
    ...more,
  };
}

/** What a lab on PostgreSQL, JSON and one broker publishes: the canonical modes, those steps left out that need a registry. */
export function labCatalogue(scenarios: readonly Scenario[] = [canonical]): Catalogue {
  const whyNot = (mode: string, step: string): string | undefined =>
    mode === 'schema' && step.startsWith('backward-') ? 'records have no schemas in a registry' : undefined;
  return withImpossible(catalogueOf(scenarios, []), { whyNot });
}
