import type { SignalRow, SignalsPort } from '#engines/port/signals.ts';
import { parseLsn } from './lsn.ts';
import { quoteIdent, quoteLiteral, quoteTable } from './quote.ts';

/** What Debezium writes into the signal table behind each chunk of a snapshot. */
const CLOSED = 'snapshot-window-close';

export const signals: SignalsPort = {
  publishSql: (publication, table) => `ALTER PUBLICATION ${quoteIdent(publication)} ADD TABLE ${quoteTable(table)}`,
  createSql: (table) =>
    `CREATE TABLE ${quoteTable(table)} (id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048))`,
  insertSql: (table, { id, type, data }) =>
    `INSERT INTO ${quoteTable(table)} (id, type, data) VALUES (${[id, type, data].map(quoteLiteral).join(', ')})`,
  async read(database, table, prefix) {
    const named = quoteTable(table);
    const rows = await database.query<{ [column in keyof SignalRow]: string }>(
      `SELECT id, type, data FROM ${named} WHERE starts_with(id, ${quoteLiteral(prefix)})`,
    );
    const [closed] = await database.query<{ n: string }>(
      `SELECT count(*) AS n FROM ${named} WHERE type = ${quoteLiteral(CLOSED)}`,
    );
    return { rows, chunks: Number(closed?.n ?? 0) };
  },
  async position(database) {
    // What is inserted is not written yet: the insert position is behind every commit.
    const [row] = await database.query<{ lsn: string }>('SELECT pg_current_wal_insert_lsn()::text AS lsn');
    return parseLsn(row?.lsn) ?? 0n;
  },
  grantSql(right, table, user, owner = '') {
    if (right === 'owner') return `GRANT ${quoteIdent(owner)} TO ${quoteIdent(user)}`;
    return `GRANT ${right} ON ${quoteTable(table)} TO ${quoteIdent(user)}`;
  },
  identitySql: (table) => `ALTER TABLE ${quoteTable(table)} REPLICA IDENTITY DEFAULT`,
};
