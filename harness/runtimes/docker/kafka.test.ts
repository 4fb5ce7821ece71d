import { describe, expect, test } from 'vitest';
import { brokerConfig, workerConfig, workersAccess } from './kafka.ts';

const CLUSTER = [
  { name: 'broker', id: 1, port: 21_001 },
  { name: 'broker-2', id: 2, port: 21_002 },
  { name: 'broker-3', id: 3, port: 21_003 },
];

describe('a broker in a container', () => {
  test('is called by its name inside of the network, and by a port of 127.0.0.1 outside', () => {
    expect(brokerConfig(CLUSTER[1] as (typeof CLUSTER)[number], CLUSTER)).toMatchObject({
      'node.id': 2,
      'controller.quorum.voters': '1@broker:19093,2@broker-2:19093,3@broker-3:19093',
      'advertised.listeners': 'LAB://127.0.0.1:21002,INSIDE://broker-2:19092',
      'inter.broker.listener.name': 'INSIDE',
      'default.replication.factor': 3,
      'min.insync.replicas': 2,
    });
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
