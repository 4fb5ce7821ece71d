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
  const registers = [registry];
  // The daemon's own: heap, event loop, garbage collection.
  collectDefaultMetrics({ register: registry });
  const gauge = <const L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge({ name, help, labelNames: [...labelNames], registers });
  const counter = <const L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter({ name, help, labelNames: [...labelNames], registers });

  const committed = counter('driftlab_writer_transactions_total', 'Transactions committed at the source.');
  const rate = gauge('driftlab_writer_transactions_per_second', 'Transactions committed per second, of late.');
  const latency = new Histogram({
    name: 'driftlab_commit_to_sink_seconds',
    help: 'From the commit at the source until the sink has provably applied it; sampled four times a second.',
    labelNames: ['variant'],
    buckets: LATENCY_BUCKETS_S,
    registers,
  });
  const lagRecords = gauge('driftlab_consumer_lag_records', 'Records that are not applied yet.', ['variant', 'group']);
  const lagSeconds = gauge('driftlab_consumer_lag_seconds', 'Age of the oldest record not applied yet.', [
    'variant',
    'group',
  ]);
  const anomalies = gauge('driftlab_anomalies', 'Anomalies that stand.', ['variant', 'class']);
  const verdict = gauge('driftlab_verdict', '1 for the verdict that holds, 0 for the others.', ['variant', 'verdict']);
  const rows = gauge('driftlab_table_rows', 'Rows of a table.', ['variant', 'table', 'side']);
  const inFlight = gauge('driftlab_keys_in_flight', 'Keys that cannot be judged yet.', ['variant']);
  const faults = gauge('driftlab_faults', 'Faults of the lab that are remembered.', ['mode', 'state']);
  const underWay = gauge('driftlab_fault_under_way', '1 while a fault is in or settling.');
  const alerts = gauge('driftlab_lag_alert', '1 while a group nears or has passed its topics’ retention.', [
    'variant',
    'kind',
  ]);
  const gone = gauge('driftlab_records_gone', 'Records dropped from the log before the group had read them.', [
    'variant',
  ]);
  const restarts = counter('driftlab_node_restarts_total', 'Starts of a node after its first.', ['node']);
  const up = gauge('driftlab_node_up', '1 while a node runs.', ['node']);
  const memory = gauge('driftlab_daemon_resident_memory_bytes', 'Memory of the lab’s daemon.');

  lab.onLatency((variant, seconds) => latency.observe({ variant }, seconds));

  const read = (): void => {
    for (const one of [lagRecords, lagSeconds, anomalies, verdict, rows, inFlight, faults, alerts, gone, up])
      one.reset();
    const report = lab.report();
    committed.reset();
    committed.inc(report.writers.committed);
    rate.set(report.writers.transactions_per_second);
    for (const { group, variant, lag } of lab.lags().groups) {
      lagRecords.set({ variant, group }, lag.records);
      lagSeconds.set({ variant, group }, lag.ms / 1000);
    }
    for (const one of report.variants) {
      const { variant } = one;
      for (const name of VERDICTS) verdict.set({ variant, verdict: name }, one.status === name ? 1 : 0);
      for (const name of ANOMALIES) anomalies.set({ variant, class: name }, one.anomalies[name] ?? 0);
      inFlight.set({ variant }, one.in_flight);
      for (const { table, source_rows, sink_rows } of one.tables) {
        rows.set({ variant, table, side: 'source' }, source_rows);
        rows.set({ variant, table, side: 'sink' }, sink_rows);
      }
    }
    for (const { mode, state } of report.faults) faults.inc({ mode, state });
    underWay.set(report.lab.phase === 'faulted' ? 1 : 0);
    for (const alert of report.alerts.filter(({ until }) => until === null)) {
      alerts.set({ variant: alert.variant, kind: alert.kind }, 1);
      gone.set({ variant: alert.variant }, alert.records_gone);
    }
    const stack = lab.stack();
    restarts.reset();
    for (const node of stack.nodes) {
      up.set({ node: node.name }, node.healthy ? 1 : 0);
      restarts.inc({ node: node.name }, node.restarts);
    }
    memory.set(stack.daemon.memory_bytes);
  };

  return {
    contentType: registry.contentType,
    text() {
      read();
      return registry.metrics();
    },
  };
}
