import type { LabConnectors, LabLags, LabStack } from '#contracts/lab-stack.ts';
import { openClient } from '#lab/client.ts';
import { labHome } from '#lab/home.ts';
import { isNamed } from '#lab/tools/topic-names.ts';
import { groupLags, type PartitionLag } from '#operations/lag.ts';
import { count, duration } from '#report/words.ts';
import { commaList } from '#std/comma-list.ts';
import { helpOf, parseArguments, unknownName } from '../arguments.ts';
import type { Host } from '../host.ts';
import { lagUsage, plainUsage } from './options.ts';
import { tableLines } from './table.ts';

/** `driftlab connector-status`: nodes and connectors. Exit 0 when all of them run, 1 otherwise. */
export async function connectorStatusCommand(args: readonly string[], host: Host): Promise<number> {
  const usage = plainUsage(
    'connector-status',
    'The nodes and the connectors, with the cause of what has failed.\nExit status: 0 all of them run, 1 not.',
  );
  if (parseArguments(usage, args).options.help) {
    host.stdout.write(`${helpOf(usage)}\n`);
    return 0;
  }
  const client = openClient(labHome(host.env));
  const stack = await client.get<LabStack>('/api/v1/stack');
  const { connectors } = await client.get<LabConnectors>('/api/v1/connectors');
  host.stdout.write(`${[...nodeLines(stack), '', ...connectorLines({ connectors })].join('\n')}\n`);
  const sound = stack.nodes.every(({ healthy }) => healthy);
  return sound && connectors.every(({ state, error }) => state === 'RUNNING' && error === null) ? 0 : 1;
}

export function nodeLines({ nodes }: LabStack): string[] {
  return tableLines(
    ['node', 'state', 'pid', 'address', 'restarts', 'version'],
    nodes.map((node) => [
      node.name,
      node.state,
      node.pid === null ? '' : String(node.pid),
      node.address,
      String(node.restarts),
      node.version,
    ]),
  );
}

export function connectorLines({ connectors }: LabConnectors): string[] {
  return [
    ...tableLines(
      ['connector', 'type', 'worker', 'state', 'tasks', 'captured up to'],
      connectors.map(({ name, type, worker, state, tasks, captured_lsn }) => [
        name,
        type,
        worker,
        state,
        tasks.map((task) => `${task.id} ${task.state}`).join(', '),
        captured_lsn ?? '',
      ]),
    ),
    ...connectors.flatMap(({ name, error, tasks }) => {
      if (error === null) return [];
      const trace = tasks.find((task) => task.trace !== null)?.trace;
      return [
        '',
        `${name}: ${error}`,
        ...(trace == null
          ? []
          : trace
              .split('\n')
              .slice(0, 12)
              .map((line) => `  ${line}`)),
      ];
    }),
  ];
}

/** `driftlab lag` */
export async function lagCommand(args: readonly string[], host: Host): Promise<number> {
  const { options } = parseArguments(lagUsage, args);
  if (options.help) {
    host.stdout.write(`${helpOf(lagUsage)}\n`);
    return 0;
  }
  if (options.brokers !== undefined) {
    const lags = await groupLags(commaList(options.brokers), options.group);
    host.stdout.write(`${anyLagLines(lags, options.table).join('\n')}\n`);
    return 0;
  }
  const lags = await openClient(labHome(host.env)).get<LabLags>('/api/v1/lag');
  host.stdout.write(`${lagLines(lags, options).join('\n')}\n`);
  return 0;
}

export function lagLines(
  lags: LabLags,
  { variant, table }: { variant?: string | undefined; table?: string | undefined },
): string[] {
  const names = lags.groups.map((group) => group.variant);
  if (variant !== undefined && !names.includes(variant)) throw unknownName('variant', variant, names);
  const topics = [...new Set(lags.groups.flatMap(({ partitions }) => partitions.map(({ topic }) => topic)))];
  if (table !== undefined && !topics.some((topic) => isNamed(topic, table))) throw unknownName('topic', table, topics);
  const rows = lags.groups
    .filter((group) => variant === undefined || group.variant === variant)
    .flatMap(({ group, partitions }) =>
      partitions
        .filter(({ topic }) => table === undefined || isNamed(topic, table))
        .map((of) => [
          group,
          of.topic,
          String(of.partition),
          of.committed,
          of.end,
          count(of.lag_records),
          duration(of.lag_ms),
        ]),
    );
  const kept = lags.retention_ms === null ? 'for ever' : span(lags.retention_ms);
  return [
    ...tableLines(['group', 'topic', 'partition', 'committed', 'end', 'lag in records', 'lag in time'], rows),
    '',
    `as of ${lags.at}; the topics keep records for ${kept}`,
  ];
}

/** Of a cluster of somebody's own: in records. */
function anyLagLines(lags: readonly PartitionLag[], table: string | undefined): string[] {
  const rows = lags
    .filter(({ topic }) => table === undefined || topic === table || isNamed(topic, table))
    .map(({ group, topic, partition, committed, end, lag, gone }) => [
      ...[group, topic, String(partition), String(committed), String(end), count(Number(lag))],
      gone === 0n ? '' : `${count(Number(gone))} removed unread`,
    ]);
  if (rows.length === 0) return ['no consumer group has committed anything there'];
  return tableLines(['group', 'topic', 'partition', 'committed', 'end', 'lag in records', ''], rows);
}

const DAY_MS = 86_400_000;

function span(ms: number): string {
  return ms % DAY_MS === 0 ? `${ms / DAY_MS} days` : duration(ms);
}
