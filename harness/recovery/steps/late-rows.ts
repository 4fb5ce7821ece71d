import { engineOfUrl } from '#engines/index.ts';
import { tableId } from '#model/catalog.ts';
import { onDatabase } from '../databases.ts';
import type { RecoveryStep } from '../step.ts';
import { tablesOf } from '../tables.ts';
import type { Databases } from '../world.ts';

export interface LateOptions {
  /** The column that says when a row's event happened. */
  readonly business: string;
  /** The column of the target that says when it arrived. */
  readonly arrived: string;
  /** How much later counts as late, in days. */
  readonly days: number;
}

/** Lists how many rows of the target arrived long after what they tell of happened. It changes nothing. */
export function lateRows(world: Databases, { business, arrived, days }: LateOptions): RecoveryStep {
  const { dialect } = engineOfUrl(world.target.url);
  const look = async () => {
    const found: string[] = [];
    for (const { found: table } of await tablesOf(world)) {
      const has = (name: string): boolean => table.columns.some((column) => column.name === name);
      if (!has(business) || !has(arrived)) continue;
      const [at, got] = [dialect.quote(business), dialect.quote(arrived)];
      const [row] = await onDatabase(world.target, (database) =>
        database.query<{ n: string; first: string | null; last: string | null }>(
          `SELECT count(*) AS n, min(${at}) AS first, max(${at}) AS last FROM ${dialect.quoteTable(tableId(table))} WHERE ${got} > ${dialect.daysAfter(at, days)}`,
        ),
      );
      if (row !== undefined && row.n !== '0')
        found.push(`${tableId(table)}: ${row.n} rows of ${row.first} to ${row.last}`);
    }
    return found.length === 0 ? `no row arrived more than ${days} days after its ${business}` : found.join('; ');
  };
  return {
    id: 'late-rows',
    title: `list rows that arrived more than ${days} days after their ${business}`,
    at: `the target ${world.target.where}`,
    look: async () => ({ saw: await look(), run: [] }),
    holds: async () => ({ holds: true, saw: await look() }),
  };
}
