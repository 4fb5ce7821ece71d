import type { Catalogue, CatalogueMode } from '#contracts/catalogue.ts';
import { CAUSES } from '#diagnosis/causes/index.ts';
import { SET_UP_CAUSES } from '#diagnosis/set-up/index.ts';
import type { FailureMode, Scenario } from '#model/scenario.ts';
import type { FaultDesk } from './fault-desk.ts';
import { isLive, watchFor } from './plan.ts';

/** All that can be broken, found and brought back, from the scenarios and the tables themselves. */
export function catalogueOf(scenarios: readonly Scenario[], recoveries: Catalogue['recoveries']): Catalogue {
  return {
    modes: scenarios.flatMap((scenario) => scenario.modes.map((mode) => modeOf(scenario, mode))),
    causes: [
      ...CAUSES.map(({ code, title, docs, anomalies }) => ({ code, title, docs, of: 'rows' as const, anomalies })),
      ...SET_UP_CAUSES.map(({ code, title, docs }) => ({ code, title, docs, of: 'set-up' as const })),
    ],
    recoveries: recoveries.map(({ name, title }) => ({ name, title })),
  };
}

function modeOf({ id: scenario, aliases }: Scenario, mode: FailureMode): CatalogueMode {
  const { id, title, story, steps } = mode;
  return {
    ...{ id, scenario: aliases[0] ?? scenario, title, story, live: isLive(mode) },
    steps: steps.map((step) => ({
      id: step.id,
      title: step.title,
      fault: step.fault.kind,
      takes: step.live?.takes ?? [],
      needs: step.fault.needs,
      watch_for: watchFor(step, Object.keys(step.expect)),
    })),
  };
}

/** The same, with why the stack of a lab cannot bring about what it cannot; without a desk nothing is known of that yet. */
export function withImpossible(catalogue: Catalogue, desk: Pick<FaultDesk, 'whyNot'> | undefined): Catalogue {
  if (desk === undefined) return catalogue;
  const modes = catalogue.modes.map((mode) => ({
    ...mode,
    steps: mode.steps.map((step) => {
      const impossible = desk.whyNot(mode.id, step.id);
      return impossible === undefined ? step : { ...step, impossible };
    }),
  }));
  return { ...catalogue, modes };
}
