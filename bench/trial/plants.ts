import { engineOf } from '#engines/index.ts';
import type { PassOverPort } from '#engines/port/pass-over.ts';
import { columnAdded, columnLost, copied, corrupted, phantom, returned, vanished, wentBack } from './damage.ts';
import { halvedInserts, halvedUpdates, KIND_OF, passedOver } from './passed-over.ts';
import type { Field, Make, Plant } from './plant.ts';
import { COLUMN_TABLES } from './workload.ts';

interface Kind {
  readonly make: Make;
  /** Plantings of it in one round at each sink. The verifier names at most 20 findings of a class. */
  readonly count: number;
  readonly where?: (variant: string) => boolean;
  /** Whether a sink can pass over what it takes. */
  readonly can?: (passOver: PassOverPort) => boolean;
}

/** Only sinks that say which change a row is from can show an order; only a sink without a key can hold a row twice. */
const namesChanges = (variant: string) => variant !== 'debezium-jdbc';
const keyless = (variant: string) => variant === 'insert';

const KINDS: readonly Kind[] = [
  { make: vanished, count: 6 },
  { make: phantom, count: 5 },
  { make: copied, count: 8, where: keyless },
  { make: corrupted, count: 16 },
  { make: wentBack('stale'), count: 5 },
  { make: wentBack('reordered'), count: 6, where: namesChanges },
  { make: returned, count: 6 },
  { make: passedOver('lost'), count: 3, can: ({ kinds }) => kinds.has(KIND_OF.lost) },
  { make: passedOver('stale'), count: 3, can: ({ kinds }) => kinds.has(KIND_OF.stale) },
  { make: passedOver('orphan'), count: 3, can: ({ kinds }) => kinds.has(KIND_OF.orphan) },
  { make: halvedInserts, count: 3, can: ({ kinds }) => kinds.has('insert') },
  // A row that does not say which change it is from may have had this one, and been altered since.
  {
    make: halvedUpdates,
    count: 3,
    where: namesChanges,
    can: ({ kinds }) => !kinds.has('insert') && kinds.has('update'),
  },
  { make: columnLost, count: COLUMN_TABLES / 2 },
  { make: columnAdded, count: COLUMN_TABLES / 2 },
];

/** Plants every kind of damage that a sink can have. */
export function plantsOf(field: Field): Plant[] {
  const { passOver } = engineOf(field.sink).sink;
  return KINDS.filter(({ where, can }) => (where?.(field.variant) ?? true) && (can?.(passOver) ?? true)).flatMap(
    ({ make, count }) => Array.from({ length: count }, () => make(field)),
  );
}
