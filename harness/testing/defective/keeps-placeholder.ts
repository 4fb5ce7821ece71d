import { UNCHANGED } from '#model/change-event.ts';
import type { Defect } from './plain-applier.ts';

/** Debezium's placeholder for a value that the update left unchanged, taken for a value. */
export function keepsPlaceholder(): Defect {
  return {
    values: (values, { after = {} }) => ({
      ...values,
      ...Object.fromEntries(
        Object.keys(after)
          .filter((column) => after[column] === UNCHANGED)
          .map((column) => [column, '__debezium_unavailable_value']),
      ),
    }),
  };
}
