import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { TableId } from '#model/catalog.ts';
import { type Node, type NodeName, serviceName } from '#model/stack.ts';

/** A line of a server's log that tells of trouble which nothing but the lab itself, or a fault, can have caused. */
interface Sign {
  /** Services whose nodes' logs it stands in. */
  readonly services: readonly NodeName[];
  /** As Kafka 4.1 and Debezium 3.5 write it, behind the time. */
  readonly line: RegExp;
  readonly says: string;
}

const WORKERS: readonly NodeName[] = ['connect', 'connect-sink'];

const SIGNS: readonly Sign[] = [
  {
    services: ['broker'],
    line: / Fencing broker \d+ .*session has timed out/,
    says: 'the controller fenced a broker because its heartbeats were late',
  },
  { services: WORKERS, line: / WorkerCoordinator .*Rebalance started/, says: 'it rebalanced' },
  {
    services: WORKERS,
    line: / DistributedHerder .*(?:Starting|Restarting) (?:task|connector) /,
    says: 'it restarted a connector or a task',
  },
  {
    services: WORKERS,
    line: / ConsumerCoordinator .*(?:session timed out without receiving a heartbeat|heartbeat failed since (?:member|generation))/,
    says: "a sink task's consumer lost its session",
  },
  {
    services: ['connect'],
    line: /SnapshotChangeEventSource .*Snapshot step 7 /,
    says: 'the connector took another snapshot',
  },
];

/** What lines of a node's log tell of trouble, one sentence a sign. */
export function signsIn(node: NodeName, lines: string): string[] {
  return SIGNS.filter(({ services, line }) => services.includes(serviceName(node)) && line.test(lines)).map(
    ({ says }) => `${node}: ${says}`,
  );
}

/**
 * Events that a step's log has a second time although nothing was broken: a connector has gone back to where it was before,
 * which its own configuration never makes it do, unless several connectors write the same events.
 */
export function replays(replayed: number, doubled: readonly TableId[]): string[] {
  if (replayed === 0 || doubled.length > 0) return [];
  const events = replayed === 1 ? '1 event was' : `${replayed} events were`;
  return [`connect: ${events} captured a second time although nothing was broken`];
}

/** How long every log is at a moment, in bytes, by node. */
export type LogMark = ReadonlyMap<NodeName, number>;

type Logged = Pick<Node, 'name' | 'log'>;

export function markLogs(nodes: Iterable<Logged>): LogMark {
  return new Map([...nodes].map(({ name, log }) => [name, statSync(log, { throwIfNoEntry: false })?.size ?? 0]));
}

/** A step's log that is longer is read from its end. */
const READ_BYTES_MAX = 16 * 1024 * 1024;

/** What was written to a node's log between two marks. */
export function loggedBetween({ name, log }: Logged, from: LogMark, to: LogMark): string {
  const end = to.get(name) ?? 0;
  const start = Math.max(from.get(name) ?? 0, end - READ_BYTES_MAX);
  if (end <= start) return '';
  const file = openSync(log, 'r');
  try {
    const bytes = Buffer.alloc(end - start);
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, start));
  } finally {
    closeSync(file);
  }
}

export interface Watched {
  readonly nodes: Iterable<Logged>;
  readonly from: LogMark;
  /** When the fault came: behind it, nodes of the services that it `disturbs` may do what they will. */
  readonly fault: LogMark;
  readonly disturbs: readonly NodeName[];
}

/**
 * The lab's own trouble between a mark and now that no fault explains: what a pipeline does after it is not the
 * pipeline's doing.
 */
export function disturbances({ nodes, from, fault, disturbs }: Watched): string[] {
  const all = [...nodes];
  const now = markLogs(all);
  return all.flatMap((node) =>
    signsIn(node.name, loggedBetween(node, from, disturbs.includes(serviceName(node.name)) ? fault : now)),
  );
}
