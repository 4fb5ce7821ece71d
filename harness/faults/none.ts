import type { Fault } from '#model/fault.ts';
import { spent } from './injection.ts';

/** Breaks nothing: what a pipeline does by itself, while writers write. */
export function none(): Fault {
  return {
    kind: 'none',
    needs: [],
    inject: async () => spent(() => ({ bit: true, summary: 'nothing was broken', figures: {} })),
  };
}
