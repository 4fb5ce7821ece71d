import type { TableId } from '#model/catalog.ts';
import type { Fault } from '#model/fault.ts';
import { OperatorError } from '#std/errors.ts';
import { spent } from './injection.ts';

/** Empties a table at the source with TRUNCATE, under load; one that nothing refers to, where none is named. */
export function truncate(table?: TableId): Fault {
  return {
    kind: 'truncate',
    needs: ['source-ddl'],
    async inject({ writers, say }) {
      const emptied = await writers.truncate?.(table);
      if (emptied === undefined)
        throw new OperatorError({
          code: 'nothing-to-truncate',
          message: `the writers have ${table === undefined ? 'no table with rows' : `no rows of ${table}`} to truncate`,
          expected: 'rows that the writers know, in a table that no foreign key references',
        });
      say(`TRUNCATE ${emptied.table}: ${emptied.rows} rows`);
      return spent(() => ({
        bit: emptied.rows > 0,
        summary: `TRUNCATE of ${emptied.table} removed ${emptied.rows} rows at the source`,
        figures: { rows_truncated: emptied.rows },
      }));
    },
  };
}
