import type { Group } from '../planting.ts';

/** Faults that a pipeline file cannot ask for: those of the canonical scenario's modes, with its own variants. */
export const canonical: Group = {
  id: 'canonical',
  about: 'modes of the canonical scenario: a column added, and a job that writes past the stream',
  modes: ['schema', 'backfill'],
  plantings: [
    { name: 'strict', code: 'applier-strict-schema', under: 'schema', tables: [] },
    { name: 'ignore', code: 'applier-ignores-columns', under: 'schema', tables: [] },
    { name: 'upsert', code: 'writes-not-guarded', under: 'direct-copy', tables: [] },
    { name: 'dedup', tables: [] },
  ],
};
