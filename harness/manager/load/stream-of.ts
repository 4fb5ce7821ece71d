import type { StreamMark } from '#engines/port/bulk.ts';
import type { Pipeline } from '../pipeline.ts';
import type { PlannedTable } from '../plan.ts';

/** The stream that is to go on where a pipeline's load ends; undefined where it only loads. */
export function streamOf(
  { definition, mark }: Pick<Pipeline, 'definition' | 'mark'>,
  tables: readonly PlannedTable[],
): StreamMark | undefined {
  return definition.mode === 'full_load_only' ? undefined : { name: mark, tables: tables.map(({ id }) => id) };
}
