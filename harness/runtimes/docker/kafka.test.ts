import { describe, expect, test } from 'vitest';
import { brokerConfig, brokersSeen, placeBrokers } from './brokers.ts';
import { workerConfig, workersAccess } from './kafka.ts';

const NAMES = ['broker', 'broker-2', 'broker-3'];
const PORTS = [21_001, 21_002, 21_003];
const portOf = (key: string): number => PORTS[NAMES.indexOf(key)] ?? 22_000;
const CLUSTER = await placeBrokers(NAMES, portOf, undefined);

describe('a broker in a container', () => {
  test('is called by its name inside of the network, and by a port of 127.0.0.1 outside', () => {
    expect(brokerConfig(CLUSTER[1] as (typeof CLUSTER)[number], CLUSTER)).toMatchObject({
      'node.id': 2,
      'controller.quorum.voters': '1@broker:19093,2@broker-2:19093,3@broker-3:19093',
      'advertised.listeners': 'LAB://127.0.0.1:21002,INSIDE://broker-2:19092,CONTROLLER://broker-2:19093',
      'inter.broker.listener.name': 'INSIDE',
      'default.replication.factor': 3,
      'min.insync.replicas': 2,
    });
    expect(brokersSeen(CLUSTER, 'capture')[1]).toBe('broker-2:19092');
    expect(brokersSeen(CLUSTER, 'consumers')[1]).toBe('127.0.0.1:21002');
  });

  test('has a listener for each client where they come by relays, and is told the relay’s address', async () => {
    const opened: string[] = [];
    const ways = {
      open: async (from: string, to: string, { port }: { port: number }) => {
        opened.push(`${from} → ${to} ${port}`);
        return 30_000 + opened.length;
      },
    } as never;
    const [broker] = await placeBrokers(['broker'], portOf, { ways, relays: '172.18.0.1' });
    if (broker === undefined) throw new Error('no broker');
    expect(opened).toEqual(['capture → broker 22000', 'sinks → broker 22000', 'consumers → broker 22000']);
    expect(brokerConfig(broker, [broker])).toMatchObject({
      'advertised.listeners': expect.stringContaining('CAPTURE://172.18.0.1:30001,SINKS://172.18.0.1:30002'),
      listeners: expect.stringContaining('CAPTURE://0.0.0.0:9094'),
    });
    expect(brokersSeen([broker], 'sinks')).toEqual(['172.18.0.1:30002']);
    expect(broker.ports.map(({ container }) => container)).toEqual([9092, 9094, 9095, 9096]);
  });
});

describe('a worker in a container', () => {
  const options = { name: 'connect-2', group: 'connect', workers: 2, cluster: CLUSTER, plugins: [] } as const;

  test('finds every broker inside of the network, and is found by its own name', () => {
    const config = workerConfig({ ...options, access: workersAccess('secret') });
    expect(config).toMatchObject({
      'bootstrap.servers': 'broker:19092,broker-2:19092,broker-3:19092',
      'group.id': 'connect',
      'client.id': 'connect-2',
      'rest.advertised.host.name': 'connect-2',
      'plugin.path': '/opt/driftlab/plugins',
    });
    // No other user of the machine reaches its REST interface without the lab's password, which it reads from a file.
    expect(JSON.stringify(config)).not.toContain('secret"');
    expect(String(config['rest.extension.classes'])).toContain('BasicAuth');
  });

  test('takes plugins of somebody’s own with the lab’s from one folder', () => {
    const plugins = [{ path: 'opt/driftlab/own-plugins/1-mine/a.jar', from: { text: '' } }];
    const config = workerConfig({ ...options, plugins, access: workersAccess('secret') });
    expect(config['plugin.path']).toBe('/opt/driftlab/own-plugins');
  });
});
