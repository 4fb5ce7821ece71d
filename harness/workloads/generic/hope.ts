import type { TableState } from './table-state.ts';

/** Failures of a table's transactions, more than half of all, after which it is left alone. */
const FAILURES_MAX = 20;

/** Which tables are worth writing to. */
export interface Hope {
  attempted(table: TableState): void;
  /** Notes a failure; true for the one with which the table's last hope goes. */
  failed(table: TableState): boolean;
  isGone(table: TableState): boolean;
}

export function openHope(): Hope {
  const failures = new Map<TableState, number>();
  const attempts = new Map<TableState, number>();
  const isGone = (table: TableState): boolean => {
    const failed = failures.get(table) ?? 0;
    return failed >= FAILURES_MAX && failed * 2 > (attempts.get(table) ?? 0);
  };
  return {
    attempted(table) {
      attempts.set(table, (attempts.get(table) ?? 0) + 1);
    },
    failed(table) {
      const was = isGone(table);
      failures.set(table, (failures.get(table) ?? 0) + 1);
      return !was && isGone(table);
    },
    isGone,
  };
}
