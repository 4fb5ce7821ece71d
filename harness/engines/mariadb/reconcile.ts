import type { ReconcileEngine } from '#engines/port/reconcile.ts';
import { OperatorError } from '#std/errors.ts';

/** Two databases are reconciled where both are PostgreSQL's. */
export const reconcile: ReconcileEngine = {
  name: 'mariadb',
  async connect() {
    throw new OperatorError({
      code: 'not-supported',
      message: 'reconcile compares PostgreSQL databases only',
      expected: 'postgres://user@host:5432/database',
      found: 'a MariaDB or MySQL database',
    });
  },
  pairing: () => 'different',
};
