import type { SinkEngine } from './corpus.ts';
import type { SourceSql } from './open.ts';

/** Tables whose keys one engine takes for one and the other for several, and what happens to their rows. */
export const KEYS: Readonly<Record<SinkEngine, SourceSql & { readonly tables: readonly string[] }>> = {
  mariadb: {
    tables: ['keys_general'],
    before: [
      'CREATE TABLE keys_general (k varchar(20) COLLATE utf8mb4_general_ci PRIMARY KEY, v int)',
      `INSERT INTO keys_general VALUES ('A', 1), ('b ', 2), ('é', 3), ('Z', 4)`,
    ],
    after: [
      // One row to the server, with another key to a sink.
      `UPDATE keys_general SET k = 'a' WHERE k = 'A'`,
      `DELETE FROM keys_general WHERE k = 'B'`,
      `UPDATE keys_general SET v = 5 WHERE k = 'E'`,
      `INSERT INTO keys_general VALUES ('z', 6) ON DUPLICATE KEY UPDATE v = 6`,
    ],
    changes: 4,
  },
  mysql: {
    tables: ['keys_accents'],
    before: [
      'CREATE TABLE keys_accents (k varchar(20) COLLATE utf8mb4_0900_ai_ci PRIMARY KEY, v int)',
      // This collation has no padding: blanks at the end count.
      `INSERT INTO keys_accents VALUES ('A', 1), ('b', 2), ('b ', 3), ('é', 4), ('Z', 5), ('ß', 6)`,
    ],
    after: [
      `UPDATE keys_accents SET k = 'a' WHERE k = 'A'`,
      `DELETE FROM keys_accents WHERE k = 'B '`,
      `UPDATE keys_accents SET v = 7 WHERE k = 'E'`,
      `INSERT INTO keys_accents VALUES ('z', 8) ON DUPLICATE KEY UPDATE v = 8`,
      `DELETE FROM keys_accents WHERE k = 'SS'`,
    ],
    changes: 5,
  },
  postgres: {
    tables: ['keys_plain'],
    before: [
      'CREATE TABLE keys_plain (k text PRIMARY KEY, v int)',
      `INSERT INTO keys_plain VALUES ('A', 1), ('a', 2), ('a ', 3), ('é', 4), ('e', 5)`,
    ],
    after: [
      `DELETE FROM keys_plain WHERE k = 'a'`,
      `UPDATE keys_plain SET v = 6 WHERE k = 'a '`,
      `UPDATE keys_plain SET k = 'É' WHERE k = 'é'`,
    ],
    changes: 3,
  },
};

/** A table with columns of types that are left out of the comparison; its rows are compared by the others. */
export function leftOutTable(types: readonly string[]): readonly string[] {
  return [
    `CREATE TABLE left_out (id int PRIMARY KEY, ${types.map((type) => `v_${type} ${type}`).join(', ')}, v int)`,
    `INSERT INTO left_out (id, v_point, v_geometry, v) VALUES (1, point(1.5, -2), st_geomfromtext('LINESTRING(0 0,1 1)', 4326), 7)`,
  ];
}

interface Collating {
  readonly sql: string;
  /** Keys of which the table has one row at most. */
  readonly alike: readonly (readonly string[])[];
  /** Keys that one which was deleted takes along, or not, as the partitions are read. */
  readonly perhaps: readonly string[];
}

/** A sink's table that takes keys for equal which PostgreSQL tells apart: by case, accents or blanks at their end. */
export const COLLATING: Readonly<Record<'mariadb' | 'mysql', Collating>> = {
  mariadb: {
    sql: 'CREATE TABLE keys_plain (k varchar(20) COLLATE utf8mb4_general_ci PRIMARY KEY, v int)',
    alike: [
      ['["A"]', '["a "]'],
      ['["e"]', '["É"]'],
    ],
    perhaps: [],
  },
  mysql: {
    sql: 'CREATE TABLE keys_plain (k varchar(20) COLLATE utf8mb4_0900_ai_ci PRIMARY KEY, v int)',
    alike: [['["e"]', '["É"]']],
    perhaps: ['["A"]'],
  },
};
