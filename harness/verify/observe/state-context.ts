import { engineOf } from '#engines/index.ts';
import { type Table, tableId } from '#model/catalog.ts';
import type { Variant } from '#model/pipeline.ts';
import type { Offsets } from '#model/position.ts';
import type { StateContext } from './key-states.ts';
import type { Plans } from './plan.ts';
import { rowFinder } from './row-events.ts';
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
  const { log } = options;
  const { source } = options.pipeline;
  const engine = engineOf(source);
  return {
    table: id,
    catalog: table,
    plan: plans.sink,
    keyed: plans.keyed,
    engine,
    source,
    log,
    word: (key) => (plans.keyed ? words.word(id, key) : undefined),
    applied,
    starts,
    passages: memory.passages,
    gone: (key) => memory.table(id).gone.get(key),
    stayed: (key) => memory.table(id).stayed.get(key),
    right: (key) => memory.table(id).right.get(key),
    effects: variant.effects?.bind(variant, id),
    rowsInLog: once(() => rowFinder({ engine, source, catalog: table, plan: plans.sink }, log.keyless.events(id))),
  };
}

/** A promise that is made when it is first asked for. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
