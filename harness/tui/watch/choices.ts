import type { CatalogueMode } from '#contracts/catalogue.ts';
import type { WatchState } from './state.ts';

/** A fault as it is chosen, before Enter. */
export interface Wish {
  readonly mode: string;
  /** A step other than the mode's first. */
  readonly step?: string;
  readonly seconds?: number;
  readonly rows?: number;
}

/** What can be counted up and down before a fault is injected, its usual value and a step up. */
const AMOUNTS = {
  seconds: { name: 'seconds', usual: 10, by: 5 },
  rows: { name: 'rows', usual: 2000, by: 500 },
} as const;

/** Letters that mean something else: the keys of faults are others. */
const TAKEN = 'qxpvkjf';

/** The modes that this lab can bring about, each with the steps that it can. */
export function modesHere({ catalogue }: Pick<WatchState, 'catalogue'>): readonly CatalogueMode[] {
  return (catalogue?.modes ?? []).filter(({ live, steps }) => live && steps.some(possible));
}

/** The key of each fault: the first letter of its name, where no earlier one has it. The others are reached one by one. */
export function faultKeys(state: Pick<WatchState, 'catalogue'>): ReadonlyMap<string, CatalogueMode> {
  const keys = new Map<string, CatalogueMode>();
  for (const mode of modesHere(state)) {
    const key = mode.id.slice(0, 1);
    if (!keys.has(key) && !TAKEN.includes(key)) keys.set(key, mode);
  }
  return keys;
}

/** A mode as it is before anything is said of it: its first step, or the first that can be. */
export function wishFor({ id, steps }: CatalogueMode): Wish {
  const at = steps.findIndex(possible);
  const step = steps[at]?.id;
  return at <= 0 || step === undefined ? { mode: id } : { mode: id, step };
}

/** The mode behind the one that is wished for; the first where none is. */
export function nextWish(state: WatchState, wish?: Wish): Wish | undefined {
  const modes = modesHere(state);
  const next = modes[(modes.findIndex(({ id }) => id === wish?.mode) + 1) % modes.length];
  return next === undefined ? undefined : wishFor(next);
}

/** What can be said about a fault before it is injected: its steps, undefined for the first, and its amount. */
export function choiceOf(state: Pick<WatchState, 'catalogue'>, { mode, step }: Wish) {
  const steps = modesHere(state).find(({ id }) => id === mode)?.steps ?? [];
  const chosen = step === undefined ? steps[0] : steps.find(({ id }) => id === step);
  const [takes] = chosen?.takes ?? [];
  return {
    steps: steps.flatMap((one, at) => (possible(one) ? [at === 0 ? undefined : one.id] : [])),
    takes: takes === undefined ? undefined : AMOUNTS[takes],
  };
}

function possible({ impossible }: CatalogueMode['steps'][number]): boolean {
  return impossible === undefined;
}
