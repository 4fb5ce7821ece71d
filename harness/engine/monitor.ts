import { setTimeout as delay } from 'node:timers/promises';
import { engineOf } from '#engines/index.ts';
import { lags } from '#faults/consumers.ts';
import type { Writers } from '#model/fault.ts';
import type { VariantVerdict } from '#model/observation.ts';
import type { Pipeline } from '#model/pipeline.ts';
import { messageOf } from '#std/errors.ts';
import type { Emit } from './watch.ts';

export interface MonitorOptions {
  readonly mode: string;
  readonly pipeline: Pipeline;
  readonly writers: Writers;
  readonly emit: Emit;
  /** One continuous check of every variant. */
  readonly check: () => Promise<readonly VariantVerdict[]>;
}

/** Samples and checks while writers run; disposing ends it after the round that is under way. */
export interface Monitor extends AsyncDisposable {
  /** The step that checks belong to from now on. */
  step: string | undefined;
  /** What a check shows that begins from now on; nothing where it cannot be made, or the monitor ends. */
  look(): Promise<readonly VariantVerdict[]>;
}

const ROUND_MS = 1000;

/**
 * Looks at the running pipeline about once a second: lag and write rate as a sample, then a continuous check. A node
 * that is down on purpose makes a round fail; the next round will see more.
 */
export function openMonitor({ mode, pipeline, writers, emit, check }: MonitorOptions): Monitor {
  const stop = new AbortController();
  let lastAt = performance.now();
  let lastCommitted = writers.committed;

  const sample = async (): Promise<void> => {
    const lag = await lags(pipeline);
    const now = performance.now();
    const committed = writers.committed;
    const transactionsPerSecond = ((committed - lastCommitted) * 1000) / Math.max(1, now - lastAt);
    lastAt = now;
    lastCommitted = committed;
    // A source that is away has its lag told all the same.
    const slots = await engineOf(pipeline.source)
      .source.slots(pipeline.source)
      .catch(() => undefined);
    emit({
      ...{ type: 'sample', mode, transactionsPerSecond, committed, lag: Object.fromEntries(lag) },
      ...(slots === undefined ? {} : { slots }),
    });
  };

  let asked: PromiseWithResolvers<readonly VariantVerdict[]>[] = [];
  let awake = new AbortController();
  const answer = (waiting: typeof asked, variants: readonly VariantVerdict[]): void => {
    for (const { resolve } of waiting) resolve(variants);
  };

  const monitor: Monitor = {
    step: undefined,
    look() {
      const one = Promise.withResolvers<readonly VariantVerdict[]>();
      if (stop.signal.aborted) return Promise.resolve([]);
      asked.push(one);
      awake.abort();
      return one.promise;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await loop;
    },
  };

  const round = async (): Promise<readonly VariantVerdict[]> => {
    await sample();
    const started = performance.now();
    const step = monitor.step;
    const variants = await check();
    emit({
      type: 'check',
      mode,
      ...(step === undefined ? {} : { step }),
      kind: 'continuous',
      tookMs: performance.now() - started,
      variants,
    });
    return variants;
  };

  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const started = performance.now();
      const waiting = asked;
      asked = [];
      awake = new AbortController();
      const seen = await round().catch((error: unknown): readonly VariantVerdict[] => {
        if (!stop.signal.aborted) emit({ type: 'note', level: 'warn', text: `a check failed: ${messageOf(error)}` });
        return [];
      });
      answer(waiting, seen);
      const pause = Math.max(0, ROUND_MS - (performance.now() - started));
      await delay(pause, undefined, { signal: AbortSignal.any([stop.signal, awake.signal]) }).catch(() => {});
    }
    answer(asked, []);
  };
  const loop = run();
  return monitor;
}
