import { tableId } from '#model/catalog.ts';
import type { ColumnDefinition } from '#model/definition.ts';
import type { Fault } from '#model/fault.ts';
import { spent } from './injection.ts';

export interface ChangeSchemaOptions {
  /** A table of the source; its schema may be left out where it is the engine's own. */
  readonly table: string;
  /** The column that it gets while writers write, and does not have yet. */
  readonly adds: ColumnDefinition;
  /** The workload's word for it: its writers use the column from then on. */
  readonly tell: string;
  /** Operations on the table that must have been captured with the column there. */
  readonly operations: number;
}

const LIMIT_MS = 60_000;

/** Adds a column at the source under load. */
export function changeSchema({ table: name, adds, tell, operations }: ChangeSchemaOptions): Fault {
  return {
    kind: 'change-schema',
    needs: ['source-ddl'],
    async inject({ pipeline, writers, until, say }) {
      const wanted = pipeline.tableId(name);
      const column = `${wanted}.${adds.name}`;
      const exists = async (): Promise<boolean> =>
        (await pipeline.tables()).some(
          (table) => tableId(table) === wanted && table.columns.some((one) => one.name === adds.name),
        );
      const before = await exists();
      await pipeline.addColumn(wanted, adds);
      writers.tell(tell);
      const mark = writers.operations.length;
      say(`the column ${column} was added at the source; the writers now use it`);
      const captured = (): number =>
        writers.operations
          .slice(mark)
          .filter((op) => op.table === wanted && pipeline.log.holds(op.table, op.key, op.txn)).length;
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
            ? `the column ${column} was added under load; ${count} changes to the table were captured right after`
            : `the column ${column} ${before ? 'existed before' : 'is missing at the source'}`,
          figures: { changes_captured_after: count },
        };
      });
    },
  };
}
