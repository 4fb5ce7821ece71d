import { engineOf } from '#engines/index.ts';
import { type Table, tableId } from '#model/catalog.ts';
import type { Variant } from '#model/pipeline.ts';
import type { Offsets } from '#model/position.ts';
import type { StateContext } from './key-states.ts';
import type { Plans } from './plan.ts';
import type { Subject } from './subject.ts';

/** What the check of every row makes the observations of one table at one sink from. */
export function stateContext(
  options: Subject,
  { variant, applied }: { readonly variant: Variant; readonly applied: Offsets },
  table: Table,
  plans: Plans,
  starts: Offsets,
): StateContext {
  const id = tableId(table);
  const memory = options.memory.variant(variant.name);
  const words = options.memory.words(options.ledger);
  return {
    table: id,
    catalog: table,
    plan: plans.sink,
    keyed: plans.keyed,
    engine: engineOf(options.pipeline.source),
    sinkEngine: engineOf(variant.sink),
    source: options.pipeline.source,
    log: options.log,
    word: (key) => (plans.keyed ? words.word(id, key) : undefined),
    applied,
    starts,
    passages: memory.passages,
    gone: (key) => memory.table(id).gone.get(key),
    right: (key) => memory.table(id).right.get(key),
    effects: variant.effects?.bind(variant, id),
  };
}
