import { expect, test } from 'vitest';
import { registry } from '../../../scenarios/06-registry/scenario.ts';
import { scenarios } from '../../../scenarios/index.ts';
import { registrySteps } from './trigger.ts';

test('every step of the scenario can be asked for by its name, and no other', () => {
  const steps = registry.modes.flatMap((mode) => mode.steps.map(({ id }) => [id, mode.id]));
  expect([...registrySteps(scenarios)]).toEqual(steps);
  expect(new Set(steps.map(([step]) => step)).size).toBe(steps.length);
});
