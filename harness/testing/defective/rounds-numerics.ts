import type { Defect } from './plain-applier.ts';

/** A decimal that went through a float. */
export function roundsNumerics(column: string): Defect {
  return {
    values: (values) =>
      typeof values[column] === 'string' ? { ...values, [column]: Number(values[column]).toFixed(2) } : values,
  };
}
