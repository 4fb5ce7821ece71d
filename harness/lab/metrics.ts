import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { ANOMALIES } from '#model/finding.ts';
import { VERDICTS } from '#model/verdict.ts';
import type { LiveLab } from './open-lab.ts';

export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
}

const LATENCY_BUCKETS_S = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

/** The lab's figures for Prometheus, read from its report whenever they are asked for; only the latency is kept. */
export function createMetrics(lab: LiveLab): Metrics {
  const registry = new Registry();
  // The daemon's own: heap, event loop, garbage collection.
  collectDefaultMetrics({ register: registry });
  const figures = createFigures(registry);
  lab.onLatency((variant, seconds) => figures.latency.observe({ variant }, seconds));
  return {
    contentType: registry.contentType,
    text() {
      read(lab, figures);
      return registry.metrics();
    },
  };
}

type Figures = ReturnType<typeof createFigures>;

function createFigures(registry: Registry) {
  const registers = [registry];
  const gauge = <const L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge({ name, help, labelNames: [...labelNames], registers });
  const counter = <const L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter({ name, help, labelNames: [...labelNames], registers });

  return {
    committed: counter('driftlab_writer_transactions_total', 'Transactions committed at the source.'),
    rate: gauge('driftlab_writer_transactions_per_second', 'Transactions committed per second, of late.'),
    latency: new Histogram({
      name: 'driftlab_commit_to_sink_seconds',
      help: 'From the commit at the source until the sink has provably applied it; sampled four times a second.',
      labelNames: ['variant'],
      buckets: LATENCY_BUCKETS_S,
      registers,
    }),
    lagRecords: gauge('driftlab_consumer_lag_records', 'Records that are not applied yet.', ['variant', 'group']),
    lagSeconds: gauge('driftlab_consumer_lag_seconds', 'Age of the oldest record not applied yet.', [
      'variant',
      'group',
    ]),
    anomalies: gauge('driftlab_anomalies', 'Current anomalies.', ['variant', 'class']),
    verdict: gauge('driftlab_verdict', '1 for the current verdict, 0 for the others.', ['variant', 'verdict']),
    rows: gauge('driftlab_table_rows', 'Rows of a table.', ['variant', 'table', 'side']),
    inFlight: gauge('driftlab_keys_in_flight', 'Keys that cannot be judged yet.', ['variant']),
    faults: gauge('driftlab_faults', 'Recent faults of the lab.', ['mode', 'state']),
    underWay: gauge('driftlab_fault_under_way', '1 while a fault is active or settling.'),
    alerts: gauge('driftlab_lag_alert', '1 while a group nears or has passed its topics’ retention.', [
      'variant',
      'kind',
    ]),
    gone: gauge('driftlab_records_gone', 'Records deleted by retention before the group read them.', ['variant']),
    restarts: counter('driftlab_node_restarts_total', 'Starts of a node after its first.', ['node']),
    up: gauge('driftlab_node_up', '1 while a node runs.', ['node']),
    memory: gauge('driftlab_daemon_resident_memory_bytes', 'Memory of the lab’s daemon.'),
  };
}

function read(lab: LiveLab, figures: Figures): void {
  for (const one of [
    figures.lagRecords,
    figures.lagSeconds,
    figures.anomalies,
    figures.verdict,
    figures.rows,
    figures.inFlight,
    figures.faults,
    figures.alerts,
    figures.gone,
    figures.up,
  ])
    one.reset();
  const report = lab.report();
  figures.committed.reset();
  figures.committed.inc(report.writers.committed);
  figures.rate.set(report.writers.transactions_per_second);
  for (const { group, variant, lag } of lab.lags().groups) {
    figures.lagRecords.set({ variant, group }, lag.records);
    figures.lagSeconds.set({ variant, group }, lag.ms / 1000);
  }
  for (const one of report.variants) {
    const { variant } = one;
    for (const name of VERDICTS) figures.verdict.set({ variant, verdict: name }, one.status === name ? 1 : 0);
    for (const name of ANOMALIES) figures.anomalies.set({ variant, class: name }, one.anomalies[name] ?? 0);
    figures.inFlight.set({ variant }, one.in_flight);
    for (const { table, source_rows, sink_rows } of one.tables) {
      figures.rows.set({ variant, table, side: 'source' }, source_rows);
      figures.rows.set({ variant, table, side: 'sink' }, sink_rows);
    }
  }
  for (const { mode, state } of report.faults) figures.faults.inc({ mode, state });
  figures.underWay.set(report.lab.phase === 'faulted' ? 1 : 0);
  for (const alert of report.alerts.filter(({ until }) => until === null)) {
    figures.alerts.set({ variant: alert.variant, kind: alert.kind }, 1);
    figures.gone.set({ variant: alert.variant }, alert.records_gone);
  }
  const stack = lab.stack();
  figures.restarts.reset();
  for (const node of stack.nodes) {
    figures.up.set({ node: node.name }, node.healthy ? 1 : 0);
    figures.restarts.inc({ node: node.name }, node.restarts);
  }
  figures.memory.set(stack.daemon.memory_bytes);
}
