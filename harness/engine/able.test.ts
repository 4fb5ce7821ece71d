import { expect, test } from 'vitest';
import type { Fault } from '#model/fault.ts';
import type { Between } from '#model/network.ts';
import type { FailureMode } from '#model/scenario.ts';
import type { Capability } from '#model/stack.ts';
import { ableSteps, whyModeUnable, whyUnable } from './able.ts';

const fault = (...needs: readonly Capability[]) => ({ needs }) as unknown as Fault;
const stack = (...capabilities: readonly Capability[]) => ({
  runtime: 'attached',
  capabilities: new Set(capabilities),
});

test('a stack that has all that a fault needs can bring it about', () => {
  expect(whyUnable(fault('kill', 'restart'), stack('restart', 'kill', 'pause'))).toBeUndefined();
  expect(whyUnable(fault(), stack())).toBeUndefined();
});

test('what a stack lacks of it is named, and nothing else', () => {
  expect(whyUnable(fault('kill', 'pause', 'restart'), stack('pause'))).toBe(
    'the runtime attached cannot kill a node, nor restart a node',
  );
});

test('what is for the source to have is no want of the runtime', () => {
  expect(whyUnable(fault('restart', 'binlog'), stack('restart'))).toBe('the source has no binary log');
  expect(whyUnable(fault('restart', 'binlog'), stack('restart', 'binlog'))).toBeUndefined();
  expect(whyUnable(fault('restart', 'change-tables'), stack('restart', 'binlog'))).toBe(
    'the source keeps changes in its log alone, and cleans up none',
  );
  expect(whyUnable(fault('change-tables'), stack('change-tables'))).toBeUndefined();
});

test('a fault for clusters is for a topology that has one', () => {
  expect(whyUnable(fault('kill', 'broker-cluster'), stack('kill'))).toContain('--brokers 3');
  expect(whyUnable(fault('kill', 'worker-group'), stack('kill', 'broker-cluster'))).toContain('--workers 2');
  expect(whyUnable(fault('kill', 'worker-group'), stack('kill', 'worker-group'))).toBeUndefined();
});

test("a server that is not the lab's own is named as the reason, whatever else is lacking", () => {
  expect(whyUnable(fault('binlog', 'source-settings', 'restart'), stack('binlog'))).toBe(
    'the server of the source is yours, and the lab changes neither its settings nor its log',
  );
  expect(whyUnable(fault('binlog', 'source-settings'), stack('binlog', 'source-settings'))).toBeUndefined();
});

test('a mode cannot be where one of its steps cannot', () => {
  const steps = [fault('pause'), fault('topic-config')].map((one, place) => ({
    ...{ id: String(place), title: '', fault: one, expect: {} },
  }));
  expect(whyModeUnable({ steps }, stack('pause'))).toBe(
    'the runtime attached cannot change the configuration of topics',
  );
  expect(whyModeUnable({ steps }, stack('pause', 'topic-config'))).toBeUndefined();
});

test('trouble between two peers that no proxy is between is told with why', () => {
  const network = { whyNot: ([a]: readonly string[]) => (a === 'broker' ? 'there is one broker' : undefined) };
  const stack = { runtime: 'embedded', capabilities: new Set(['network'] as const), network } as never;
  const cut = (between: Between) => whyUnable({ needs: ['network'], between }, stack);
  expect(cut(['broker', 'broker'])).toBe('there is one broker');
  expect(cut(['source', 'connect'])).toBeUndefined();
});

test('an optional step is skipped alone, and a mode that has nothing else with it', () => {
  const step = (id: string, optional: boolean, ...needs: readonly Capability[]) => ({
    ...{ id, title: id, expect: {}, fault: fault(...needs) },
    ...(optional ? { optional: true as const } : {}),
  });
  const mode = (...steps: FailureMode['steps']): FailureMode => ({ id: 'm', title: 'm', story: 'm', steps });
  const both = mode(step('first', false, 'kill'), step('levels', true, 'registry'));
  const why = 'records have no schemas in a registry (--format avro starts one)';
  expect(whyModeUnable(both, stack('kill'))).toBeUndefined();
  const without = ableSteps(both, stack('kill'));
  expect([without.mode.steps.map(({ id }) => id), without.skipped]).toEqual([['first'], [{ step: 'levels', why }]]);
  expect(ableSteps(both, stack('kill', 'registry'))).toEqual({ mode: both, skipped: [] });
  expect(whyModeUnable(both, stack('registry'))).toBe('the runtime attached cannot kill a node');
  expect(whyModeUnable(mode(step('levels', true, 'registry')), stack('kill'))).toBe(why);
});
