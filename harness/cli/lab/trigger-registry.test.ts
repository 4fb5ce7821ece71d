import { expect, test } from 'vitest';
import { REGISTRY_STEPS } from '#model/lab.ts';
import { registry } from '../../../scenarios/06-registry/scenario.ts';
import { registryMode } from './trigger.ts';

test('every step of the scenario can be asked for by its name, and no other', () => {
  const steps = registry.modes.flatMap((mode) => mode.steps.map(({ id }) => [id, mode.id]));
  expect(steps.sort()).toEqual(Object.entries(REGISTRY_STEPS).sort());
  for (const [step, mode] of steps) expect(registryMode(step ?? '')).toBe(mode);
  expect(() => registryMode('empty')).toThrow('there is no step "empty"');
});
