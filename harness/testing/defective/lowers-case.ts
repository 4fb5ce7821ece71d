import type { Defect } from './plain-applier.ts';

/** A text that someone made tidy. */
export function lowersCase(column: string): Defect {
  return {
    values: (values) =>
      typeof values[column] === 'string' ? { ...values, [column]: values[column].toLowerCase() } : values,
  };
}
