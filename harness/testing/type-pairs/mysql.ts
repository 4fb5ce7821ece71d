import type { Corpus, PairColumn } from './corpus.ts';
import { LEFT_OUT as LEFT_OUT_OF_MARIADB, MARIADB_CORPUS } from './mariadb.ts';

/** A column of MariaDB's corpus at MySQL, where the same happens at a sink of its own engine. */
function alike({ refused, jdbc, ...column }: PairColumn): PairColumn {
  return {
    ...column,
    ...(refused === undefined ? {} : { refused: moved(refused) }),
    ...(jdbc === undefined ? {} : { jdbc: moved(jdbc) }),
  };
}

type BySink<T> = Readonly<Partial<Record<'postgres' | 'mariadb' | 'mysql', T>>>;

function moved<T>({ postgres, mariadb }: BySink<T>): BySink<T> {
  return { ...(postgres === undefined ? {} : { postgres }), ...(mariadb === undefined ? {} : { mysql: mariadb }) };
}

const { uuid: _, ...BOTH } = MARIADB_CORPUS;

/** Every type of MySQL that a careful reader would doubt: those of MariaDB, but for what is its own. */
export const MYSQL_CORPUS: Corpus = {
  ...Object.fromEntries(Object.entries(BOTH).map(([name, column]) => [name, alike(column)])),
  text_ci: {
    type: 'varchar(20) COLLATE utf8mb4_0900_ai_ci',
    made: 'character varying(20)',
    values: [`'Éa '`],
  },
  // A type of its own: the server keeps a document, and writes it in its own way.
  json: {
    type: 'json',
    made: 'jsonb',
    values: [
      `'{"b":1,  "a": 1.0, "a": 2}'`,
      `'null'`,
      `'"é\\\\u00e9"'`,
      `'12345678901234567890.10'`,
      `'{"a": 1e2}'`,
      `JSON_ARRAY(DATE'2024-02-29', TIMESTAMP'2024-02-29 23:59:59.5', TIME'-100:00:01')`,
      `JSON_ARRAY(x'00ff')`,
    ],
    // The log has JSON in the server's own bytes, which the connector writes as a text.
    altered: [
      { value: 3, to: '12345678901234567168', only: 'stream' },
      { value: 5, to: '["2024-02-29", "2024-02-29 23:59:59.5", "101:0-1:0-1"]', only: 'stream' },
      { value: 6, to: '["AP8="]', only: 'stream' },
    ],
  },
};

/** Types whose values have no text, as the catalog names them. */
export const LEFT_OUT: readonly string[] = LEFT_OUT_OF_MARIADB.map((type) =>
  type === 'geometrycollection' ? 'geomcollection' : type,
);
