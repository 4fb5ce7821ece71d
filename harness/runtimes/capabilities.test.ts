import { expect, test } from 'vitest';
import { type Node, nodeNames, type Service } from '#model/stack.ts';
import { capabilitiesOf } from './capabilities.ts';

const services: readonly Service[] = [
  { name: 'source', kind: 'database', nodes: ['source'] },
  { name: 'broker', kind: 'brokers', nodes: ['broker', 'broker-2'] },
];
const ALL: Node['can'] = ['kill', 'pause', 'restart'];

const stack = (second: Node['can'], source: { engine: string; ownPrefix?: string } = { engine: 'postgres' }) => ({
  nodes: new Map([
    ['source', { can: [] }],
    ['broker', { can: ALL }],
    ['broker-2', { can: second }],
  ]),
  ...{ services, source },
});

test('what can be done to every node that faults are for can be done to the stack; databases that run already take none of it', () => {
  expect([...capabilitiesOf(stack(ALL))]).toEqual(expect.arrayContaining(['kill', 'pause', 'restart', 'sink-write']));
  const without = capabilitiesOf(stack(['restart']));
  expect([without.has('kill'), without.has('pause'), without.has('restart')]).toEqual([false, false, true]);
});

test.each([
  ['postgres', []],
  ['mariadb', ['binlog']],
  ['mysql', ['binlog']],
  ['sqlserver', ['change-tables']],
])('a source of %s can suffer %j', (engine, capabilities) => {
  const ofSource = ['binlog', 'change-tables', 'source-settings'];
  const seen = (source: { engine: string; ownPrefix?: string }) =>
    [...capabilitiesOf(stack(ALL, source))].filter((one) => ofSource.includes(one));
  expect(seen({ engine })).toEqual([...capabilities, 'source-settings']);
  expect(seen({ engine, ownPrefix: 'driftlab_0a1b2c_' })).toEqual(capabilities);
});

test.each([
  [1, 1, []],
  [2, 1, []],
  [3, 1, ['broker-cluster']],
  [1, 2, ['worker-group']],
  [3, 2, ['broker-cluster', 'worker-group']],
])('%i brokers and %i workers in each group are clusters of which %j', (brokers, workers, capabilities) => {
  const service = (name: string, kind: Service['kind'], count: number): Service => ({
    ...{ name, kind },
    nodes: nodeNames(name, count),
  });
  const groups = ['connect', 'connect-sink'].map((name) => service(name, 'workers', workers));
  const seen = capabilitiesOf({ ...stack(ALL), services: [service('broker', 'brokers', brokers), ...groups] });
  expect([...seen].filter((one) => /cluster|group/.test(one))).toEqual(capabilities);
});

test.each(['registry', 'objects'] as const)('a service of the kind %s is one that faults can be done to', (kind) => {
  const having = { ...stack(ALL), services: [...services, { name: kind, kind, nodes: [] }] };
  expect([capabilitiesOf(having).has(kind), capabilitiesOf(stack(ALL)).has(kind)]).toEqual([true, false]);
});
