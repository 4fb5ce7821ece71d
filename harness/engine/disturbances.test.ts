import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { disturbances, markLogs, replays, signsIn } from './disturbances.ts';

const folder = mkdtempSync(join(tmpdir(), 'driftlab-signs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FENCED =
  '2026-01-01T10:00:00,000 INFO ReplicationControlManager Fencing broker 1 at epoch 11 because its session has timed out.\n';
const REBALANCED =
  '2026-01-01T10:00:00,000 INFO WorkerCoordinator [Worker clientId=c, groupId=connect] Rebalance started\n';

test.for([
  ['broker', FENCED, 'broker: the controller fenced a broker because its heartbeats were late'],
  ['connect', REBALANCED, 'connect: it rebalanced'],
  ['connect-2', REBALANCED, 'connect-2: it rebalanced'],
  [
    'connect-sink',
    'x INFO DistributedHerder [Worker] Starting task none_a-0',
    'connect-sink: it restarted a connector or a task',
  ],
  [
    'connect',
    'x INFO RelationalSnapshotChangeEventSource Snapshot step 7 - Snapshotting data',
    'connect: the connector took another snapshot',
  ],
  [
    'connect-sink',
    'x INFO ConsumerCoordinator [Consumer] Group coordinator h:1 is unavailable or invalid due to cause: session timed out without receiving a heartbeat response. isDisconnected: false.',
    "connect-sink: a sink task's consumer lost its session",
  ],
] as const)('%s: %s', ([node, line, says]) => {
  expect(signsIn(node, line)).toEqual([says]);
});

test('what a pipeline does by itself is no trouble of the lab', () => {
  const lines = [
    'x INFO DistributedHerder [Worker] Connector none-a target state change',
    'x ERROR WorkerSinkTask WorkerSinkTask{id=a-0} Task threw an uncaught and unrecoverable exception',
    'x INFO ConsumerCoordinator [Consumer] Attempt to heartbeat failed since group is rebalancing',
    'x INFO PostgresConnectorTask Requested a blocking snapshot',
  ];
  for (const node of ['connect', 'connect-2', 'connect-sink', 'broker', 'source'])
    expect(signsIn(node, lines.join('\n'))).toEqual([]);
});

test('events that come again while nothing is broken are trouble of the lab, unless several connectors write them', () => {
  expect(replays(0, [])).toEqual([]);
  expect(replays(1, [])).toEqual(['connect: 1 event was captured a second time although nothing was broken']);
  expect(replays(17, [])).toEqual(['connect: 17 events were captured a second time although nothing was broken']);
  expect(replays(17, ['public.orders'])).toEqual([]);
});

test('behind its fault a node that the fault disturbs may rebalance, before it and elsewhere nothing may', () => {
  const nodes = ['broker', 'connect', 'connect-2', 'connect-sink'].map((name) => ({
    name,
    log: join(folder, `${name}.log`),
  }));
  const write = (name: string, text: string): void => appendFileSync(join(folder, `${name}.log`), text);
  writeFileSync(join(folder, 'connect.log'), REBALANCED);
  const from = markLogs(nodes);
  const fault = markLogs(nodes);
  const seen = (): string[] => disturbances({ nodes, from, fault, disturbs: ['connect'] });
  expect(seen()).toEqual([]);
  write('connect', REBALANCED);
  write('connect-2', REBALANCED);
  expect(seen()).toEqual([]);
  write('connect-sink', REBALANCED);
  write('broker', FENCED);
  expect(seen()).toEqual([
    'broker: the controller fenced a broker because its heartbeats were late',
    'connect-sink: it rebalanced',
  ]);
  expect(disturbances({ nodes, from, fault: markLogs(nodes), disturbs: ['connect'] })).toContain(
    'connect: it rebalanced',
  );
});
