import type { Fault } from '#model/fault.ts';
import { spent } from './injection.ts';

export interface ChangeSchemaOptions {
  /** The DDL, run at the source while writers write. */
  readonly sql: string;
  /** Table and column that exist afterwards, and did not before. */
  readonly adds: { readonly table: string; readonly column: string };
  /** The workload's word for it: its writers use the column from then on. */
  readonly tell: string;
  /** Operations on the table that must have been captured with the column there. */
  readonly operations: number;
}

const LIMIT_MS = 60_000;

/** Changes the schema of the source under load. */
export function changeSchema({ sql, adds, tell, operations }: ChangeSchemaOptions): Fault {
  return {
    kind: 'change-schema',
    needs: ['source-ddl'],
    async inject({ pipeline, writers, until, say }) {
      const exists = async (): Promise<boolean> =>
        (await pipeline.tables()).some(
          (table) =>
            `${table.schema}.${table.name}` === adds.table &&
            table.columns.some((column) => column.name === adds.column),
        );
      const before = await exists();
      await pipeline.source.query(sql);
      writers.tell(tell);
      const mark = writers.operations.length;
      say(`${sql} ran at the source; the writers now use the column`);
      const captured = (): number =>
        writers.operations
          .slice(mark)
          .filter((op) => op.table === adds.table && pipeline.log.holds(op.table, op.key, op.txn)).length;
      await until('rows with the new column to be captured', () => captured() >= operations, {
        limitMs: LIMIT_MS,
        saw: () => `${captured()} of ${operations}`,
      });
      const count = captured();
      return spent(async () => {
        const bit = !before && (await exists());
        return {
          bit,
          summary: bit
            ? `the column ${adds.table}.${adds.column} was added under load; ${count} changes to the table were captured right after`
            : `the column ${adds.table}.${adds.column} ${before ? 'existed before' : 'is missing at the source'}`,
          figures: { changes_captured_after: count },
        };
      });
    },
  };
}
