import { describe } from 'vitest';
import { findMysql, mysqlAdvice } from '#setup/mysql.mjs';

/** As `describe`. Where this machine has no server of MySQL the tests are skipped, and their name says why. */
export function describeMysql(name: string, tests: () => void): void {
  const missing = findMysql() === undefined;
  describe.skipIf(missing)(missing ? `${name}: there is no MySQL server here (${mysqlAdvice()})` : name, tests);
}
