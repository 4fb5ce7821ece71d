import type { LabEvent } from '#model/lab.ts';
import type { RunEvent } from '#model/run-event.ts';

type WithoutTime<T> = T extends unknown ? Omit<T, 'at'> : never;

/** An event of the lab's own, before it is given its time. */
export type Untold = WithoutTime<Exclude<LabEvent, RunEvent>>;

export interface Numbered {
  /** Unique over all daemons of the lab: `<start of the daemon>-<number>`. */
  readonly id: string;
  readonly event: LabEvent;
}

/** The lab's events: kept for a while, and told to whoever listens. */
export interface EventHub {
  emit(event: LabEvent): void;
  /** What came after the event `id`; all that is remembered where that is unknown, or forgotten. */
  since(id: string | undefined): readonly Numbered[];
  /** Returns how to listen no more. */
  listen(listener: (numbered: Numbered) => void): () => void;
  readonly listeners: number;
}

const KEPT_MAX = 1000;

/** `epoch` tells the ids of one daemon from those of another. */
export function createEventHub(epoch: number, keptMax: number = KEPT_MAX): EventHub {
  const listeners = new Set<(numbered: Numbered) => void>();
  const kept: Numbered[] = [];
  let number = 0;
  return {
    emit(event) {
      const numbered = { id: `${epoch}-${++number}`, event };
      kept.push(numbered);
      if (kept.length > keptMax) kept.splice(0, kept.length - keptMax);
      for (const listener of listeners) listener(numbered);
    },
    since(id) {
      const [of, after] = (id ?? '').split('-');
      if (of !== String(epoch)) return [...kept];
      const first = number - kept.length + 1;
      return kept.slice(Math.max(0, Number(after) + 1 - first));
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    get listeners() {
      return listeners.size;
    },
  };
}
