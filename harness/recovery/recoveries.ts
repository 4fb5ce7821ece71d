import { consumerGroup } from '#model/pipeline-names.ts';
import { connectorConfig } from '#operations/connectors.ts';
import { OperatorError } from '#std/errors.ts';
import type { RecoveryStep } from './step.ts';
import { addColumns } from './steps/add-columns.ts';
import { addKeys, keysOf } from './steps/add-keys.ts';
import { catchUp } from './steps/catch-up.ts';
import { type LateOptions, lateRows } from './steps/late-rows.ts';
import { repairRows } from './steps/repair-rows.ts';
import { restartConnectors } from './steps/restart-connectors.ts';
import { scaleSink } from './steps/scale-sink.ts';
import { skipToLatest } from './steps/skip-to-latest.ts';
import { upsertSink } from './steps/upsert-sink.ts';
import type { Databases, RecoveryWorld } from './world.ts';

interface RecoveryOptions {
  readonly late: LateOptions;
  /** Of a lag: go on at the end of the topics, and repair what was not read. */
  readonly skip: boolean;
}

/** One way to bring a pipeline back: what it is for, and its steps in their order. */
export interface Recovery {
  readonly name: string;
  /** What has gone wrong, in one sentence. */
  readonly title: string;
  /** Throws an OperatorError (`recovery-needs`, exit 2) for what it needs to know and does not. */
  steps(world: RecoveryWorld, options: RecoveryOptions): Promise<readonly RecoveryStep[]>;
}

const restart: Recovery = {
  name: 'restart',
  title: 'A connector or its task has failed, or was killed: what it had not committed comes again.',
  steps: async (world) => [...restartConnectors(world), ...(await waiting(world)), ...(await repairing(world))],
};

const lag: Recovery = {
  name: 'lag',
  title: 'A sink is behind, or records were removed before it has read them.',
  async steps(world, { skip }) {
    const { sink, brokers, signal } = world;
    if (sink === undefined || brokers === undefined) throw needs('lag', '--sink-connector NAME and --brokers HOSTS');
    return [
      // Before it goes on: it would have caught up meanwhile, or have read what is to be skipped.
      ...(skip ? [skipToLatest(sink, brokers, signal)] : [scaleSink(sink, brokers, signal)]),
      ...restartConnectors(world),
      ...(await waiting(world)),
      ...(await repairing(world)),
    ];
  },
};

const schema: Recovery = {
  name: 'schema',
  title: 'A column was added at the source, and the target does not have it, or not its values.',
  steps: async (world) => [
    addColumns(databasesOf('schema', world)),
    ...restartConnectors(world),
    ...(await waiting(world)),
    ...(await repairing(world)),
  ],
};

const duplicate: Recovery = {
  name: 'duplicate',
  title: 'Records came twice, and a sink that inserts blindly has kept both.',
  async steps(world) {
    const databases = databasesOf('duplicate', world);
    return [
      repairRows(databases, await keysOf(databases)),
      addKeys(databases),
      ...(world.sink === undefined ? [] : [upsertSink(world.sink, world.signal)]),
      ...restartConnectors(world),
    ];
  },
};

const backfill: Recovery = {
  name: 'backfill',
  title: 'Rows of the past came late, or past the log, and overwrote newer ones.',
  async steps(world, { late }) {
    const databases = databasesOf('backfill', world);
    return [lateRows(databases, late), ...(await waiting(world)), ...(await repairing(world))];
  },
};

export const RECOVERIES: readonly Recovery[] = [restart, lag, schema, duplicate, backfill];

async function waiting({ sink, brokers, signal }: RecoveryWorld): Promise<readonly RecoveryStep[]> {
  if (sink === undefined || brokers === undefined) return [];
  const config = await connectorConfig(sink.client, sink.name, signal);
  return [catchUp(brokers, consumerGroup(sink.name, config), signal)];
}

async function repairing(world: RecoveryWorld): Promise<readonly RecoveryStep[]> {
  if (!hasDatabases(world)) return [];
  return [repairRows(world, await keysOf(world))];
}

/** Whether both sides can be compared. */
export function hasDatabases(world: RecoveryWorld): world is Databases {
  return world.source !== undefined && world.target !== undefined && world.tables.length > 0;
}

function databasesOf(recovery: string, world: RecoveryWorld): Databases {
  if (hasDatabases(world)) return world;
  throw needs(recovery, '--source URL, --target URL and --tables A,B');
}

function needs(recovery: string, options: string): OperatorError {
  return new OperatorError({
    code: 'recovery-needs',
    message: `the recovery ${recovery} does not know where to look`,
    expected: options,
    found: 'not all of them',
  });
}
