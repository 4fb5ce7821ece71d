import { setTimeout as delay } from 'node:timers/promises';
import type { Bench } from '#engine/bench.ts';
import type { Operation } from '#model/operation.ts';

/** Operations that stay in memory: faults and drains look back over minutes, not hours. */
const OPERATIONS_KEPT = 50_000;
/** Rows that could not be forgotten are tried again; of more than so many the oldest stay for good. */
const LATER_MAX = 20_000;
const ROUND_MS = 5000;

/**
 * Keeps the memory of a lab that has no end flat: the oldest operations go (the ledger's file has them), and with them
 * what is known of rows that are gone for good. Rows that exist stay, and a steady workload has about as many always.
 * Nothing is dropped while `busy`: a fault counts from a mark of its own.
 */
export function openJanitor(bench: Bench, busy: () => boolean): AsyncDisposable {
  const stop = new AbortController();
  let later: readonly Operation[] = [];

  const tidy = (): void => {
    if (busy()) return;
    const rows = [...later, ...bench.ledger.drop(OPERATIONS_KEPT).filter(isLastDelete)];
    const gone = new Set(bench.verifier.forget(rows));
    for (const row of gone) bench.ledger.forget(row);
    later = rows.filter((row) => !gone.has(row)).slice(-LATER_MAX);
  };
  const isLastDelete = (operation: Operation): boolean =>
    operation.kind === 'delete' &&
    operation.outcome === 'ok' &&
    bench.ledger.last(operation.table, operation.key)?.seq === operation.seq;

  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      tidy();
      await delay(ROUND_MS, undefined, { signal: stop.signal }).catch(() => {});
    }
  };
  const loop = run();
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await loop;
    },
  };
}
