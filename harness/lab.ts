/**
 * What a scenario file imports: the words to say what is broken, and what each variant is expected to show.
 *
 * A failure mode is data. Its mechanisms are in `faults/`, its judgement in `verify/`.
 */
import type { TableId } from '#model/catalog.ts';
import type { Anomaly } from '#model/finding.ts';
import type { Invariant } from '#model/invariant.ts';
import type { ObjectFormat, ObjectNames, VariantSpec } from '#model/pipeline.ts';
import type { Expectation, FailureMode, Scenario } from '#model/scenario.ts';

import { exceptColumns } from '#pipelines/except-columns.ts';

export { bulkInsert } from '#faults/bulk-insert.ts';
export { changeSchema } from '#faults/change-schema.ts';
export { changeUnderLevel } from '#faults/change-under-level.ts';
export { cleanUpChanges } from '#faults/clean-up-changes.ts';
export { directCopy } from '#faults/direct-copy.ts';
export { emptyRegistry } from '#faults/empty-registry.ts';
export { expireCredentials } from '#faults/expire-credentials.ts';
export { killBroker } from '#faults/kill-broker.ts';
export { killConnect } from '#faults/kill-connect.ts';
export { killRegistry } from '#faults/kill-registry.ts';
export { killUpload } from '#faults/kill-upload.ts';
export { killWorker } from '#faults/kill-worker.ts';
export { lateLists } from '#faults/late-lists.ts';
export { loseHistory } from '#faults/lose-history.ts';
export { moveLeaders } from '#faults/move-leaders.ts';
export { narrowRowImage } from '#faults/narrow-row-image.ts';
export { networkCut } from '#faults/network-cut.ts';
export { networkSlow } from '#faults/network-slow.ts';
export { passRetention } from '#faults/pass-retention.ts';
export { pauseConsumers } from '#faults/pause-consumers.ts';
export { purgeBinlog } from '#faults/purge-binlog.ts';
export { refuseRegistry } from '#faults/refuse-registry.ts';
export { refuseSchema } from '#faults/refuse-schema.ts';
export { slowRegistry } from '#faults/slow-registry.ts';
export { snapshotAgain } from '#faults/snapshot-again.ts';
export { stopBrokers } from '#faults/stop-brokers.ts';
export { uncleanElection } from '#faults/unclean-election.ts';
export { zombieWorker } from '#faults/zombie-worker.ts';
export type { Fault } from '#model/fault.ts';
export type { Anomaly } from '#model/finding.ts';
export type { Invariant } from '#model/invariant.ts';
export type { Between } from '#model/network.ts';
export type { VariantSpec } from '#model/pipeline.ts';
export type { Compatibility } from '#model/registered-schema.ts';
export type { Expectation, FailureMode, Scenario, Step } from '#model/scenario.ts';
export { shop } from '#workloads/shop/shop.ts';

export function defineScenario(scenario: Scenario): Scenario {
  return scenario;
}

export function failureMode(mode: FailureMode): FailureMode {
  return mode;
}

/**
 * What must hold of the data as a whole at the source and at each sink: a query whose rows are the violations, or a query
 * and a function that says what is violated. Where an expectation `shows` anomalies, a violated one comes with them; where a
 * variant `converges`, it is a failure of its own.
 */
export function invariant(of: Invariant): Invariant {
  return of;
}

/** The sink equals the source after the drain, and no anomaly is found. */
export function converges(): Expectation {
  return { kind: 'converges' };
}

/** Every anomaly of `must` is found, and besides them none but those of `may`. */
export function shows(must: Anomaly | readonly Anomaly[], may: readonly Anomaly[] = []): Expectation {
  return { kind: 'shows', must: typeof must === 'string' ? [must] : must, may };
}

/** The built-in applier in one of its modes. */
export function builtin(spec: Omit<VariantSpec, 'kind'>): VariantSpec {
  return { kind: 'builtin', schema: 'evolve', errors: 'stop', ...spec };
}

/** The Debezium JDBC sink connector; `config` goes over the lab's own. */
export function debeziumJdbc(title: string, config: Readonly<Record<string, string>> = {}): VariantSpec {
  return { kind: 'connect-sink', title, config };
}

/**
 * Apache Iceberg's sink for Kafka Connect, which writes changes into Iceberg tables of the stack's object store, and commits them
 * every `commitMs` (`topology: { objects: true, iceberg: true }`). Its catalog is a database of the sink's server, a PostgreSQL.
 * `except` names columns by their tables that are not compared.
 */
export function iceberg({
  commitMs = 1000,
  except,
  ...spec
}: Pick<VariantSpec, 'title' | 'control'> & {
  readonly commitMs?: number;
  readonly except?: Readonly<Record<TableId, readonly string[]>>;
}): VariantSpec {
  const pair = except === undefined ? {} : { pair: exceptColumns(except) };
  return { kind: 'iceberg', iceberg: { commitMs }, ...pair, ...spec };
}

/**
 * The lab's own applier that writes changes into objects of the stack's object store (`topology: { objects: true }`). `names` says
 * how objects get theirs (default: by the offset of their first record); an object has the changes of `flushMs`, as JSON Lines or Parquet.
 */
export function objects({
  format = 'jsonl',
  names = 'offsets',
  flushMs = 1000,
  ...spec
}: Pick<VariantSpec, 'title' | 'control'> & {
  readonly format?: ObjectFormat;
  readonly names?: ObjectNames;
  readonly flushMs?: number;
}): VariantSpec {
  return { kind: 'objects', objects: { format, names, flushMs }, ...spec };
}
