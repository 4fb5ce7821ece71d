import type { Defect } from './plain-applier.ts';

/** A timestamp that went through a type of milliseconds. */
export function truncatesMicroseconds(column: string): Defect {
  return { values: (values) => ({ ...values, ...changed(values[column]) }) };

  function changed(text: string | null | undefined) {
    return typeof text === 'string' ? { [column]: text.replace(/(\.\d{3})\d+/, '$1') } : {};
  }
}
