import type { Defect } from './plain-applier.ts';

/** Values bound by place, and two places mistaken. */
export function swapsColumns(first: string, second: string): Defect {
  return {
    values: (values) =>
      first in values && second in values
        ? { ...values, [first]: values[second] ?? null, [second]: values[first] ?? null }
        : values,
  };
}
