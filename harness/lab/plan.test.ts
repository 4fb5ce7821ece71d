import { expect, test } from 'vitest';
import { canonical } from '../../scenarios/01-canonical-reference/scenario.ts';
import { mariadbSource } from '../../scenarios/02-mariadb-source/scenario.ts';
import { planFault, watchFor } from './plan.ts';

const never = (): number => 0;

test('a mode without a step means its first, and takes its parameters', () => {
  const planned = planFault(canonical, 'lag', { seconds: 30 }, never);
  expect(planned).toMatchObject({
    mode: 'lag',
    holdMs: 30_000,
    step: { id: 'lag', fault: { kind: 'pause-consumers' } },
  });
});

test('a step is chosen by its name', () => {
  expect(planFault(canonical, 'lag', { step: 'retention' }, never).step.fault.kind).toBe('pass-retention');
  expect(planFault(canonical, 'backfill', { step: 'direct-copy', rows: 50 }, never).step.fault.kind).toBe(
    'direct-copy',
  );
});

test('what a step does not take is refused, with what it takes', () => {
  expect(() => planFault(canonical, 'duplicate', { seconds: 3 }, never)).toThrow(/takes no seconds/);
  expect(() => planFault(canonical, 'lag', { rows: 3 }, never)).toThrow(/takes no rows/);
  expect(() => planFault(canonical, 'lag', { step: 'retnetion' }, never)).toThrow(/no step of lag "retnetion"/);
  expect(() => planFault(canonical, 'lagg', {}, never)).toThrow(/no mode "lagg"/);
});

test('every mode of the lab is there, and can be injected again and again', () => {
  for (const mode of ['restart', 'lag', 'schema', 'duplicate', 'backfill'])
    for (const time of [0, 1, 2]) expect(planFault(canonical, mode, {}, () => time).step.fault.kind).not.toBe('');
});

test('what breaks a binary log is planned like any other, where the lab has its modes', () => {
  const both = { ...canonical, modes: [...canonical.modes, ...mariadbSource.modes] };
  expect(planFault(both, 'binlog', { seconds: 3 }, never)).toMatchObject({ mode: 'binlog', holdMs: 3000 });
  expect(planFault(both, 'row-image', {}, never).step.fault.kind).toBe('narrow-row-image');
  expect(() => planFault(both, 'row-image', { seconds: 3 }, never)).toThrow(/takes no seconds/);
  expect(() => planFault(canonical, 'binlog', {}, never)).toThrow(/no mode "binlog"/);
});

test('what to watch for follows from what is expected', () => {
  const { step } = planFault(canonical, 'restart', {}, never);
  expect(watchFor(step, Object.keys(canonical.variants))).toBe(
    'insert shows duplicate; upsert, dedup, debezium-jdbc converge',
  );
});
