import type { Flavour } from '../flavour.ts';
import { fileNumber, packPosition } from '../position.ts';
import { boundValue, hexLiteral } from '../quote.ts';

export const mariadbFlavour: Flavour = {
  name: 'mariadb',
  title: 'MariaDB',
  since: '10.11',
  programs: { client: 'mariadb', dump: 'mariadb-dump' },
  session: 'max_statement_time = 0',
  copySession: 'SET foreign_key_checks = 0, unique_checks = 0, check_constraint_checks = 0, innodb_strict_mode = 0',
  texts: 'CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin',
  logName: 'mariadb-bin',
  needs: {
    section: 'mariadbd',
    settings: [],
    rights: [
      ['BINLOG MONITOR', 'REPLICATION CLIENT'],
      ['CONNECTION ADMIN', 'SUPER'],
    ],
  },
  connect: {
    className: 'io.debezium.connector.mariadb.MariaDbConnector',
    name: 'mariadb',
    settings: { 'database.ssl.mode': 'disable' },
    jdbc: [],
  },
  /** The server binds them itself: the protocol's own prepared statements answer in binary, of which no text of the server's can be made. */
  bound: (sql, params) => `EXECUTE IMMEDIATE ${hexLiteral(sql)} USING ${params.map(boundValue).join(', ')}`,
  async beginSnapshot(run) {
    await run('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    await run('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
    // The position of the binary log that belongs to the snapshot, to the transaction.
    const { rows } = await run("SHOW STATUS LIKE 'binlog_snapshot_%'");
    const status = new Map(rows.map(([name, value]) => [String(name).toLowerCase(), value]));
    const file = fileNumber(status.get('binlog_snapshot_file'));
    return file === undefined ? 0n : packPosition({ file, offset: Number(status.get('binlog_snapshot_position')) });
  },
  async offsetAt(run, { file, pos }) {
    const { rows } = await run(`SELECT BINLOG_GTID_POS(${hexLiteral(file)}, ${pos})`);
    return { gtids: rows[0]?.[0] ?? '' };
  },
  async committedGtid(run) {
    const { rows } = await run('SELECT @@last_gtid');
    return rows[0]?.[0] ?? undefined;
  },
  triggerSql: (name, rest) => [`CREATE OR REPLACE TRIGGER ${name} ${rest}`],
  // A column's own check has its name.
  checksSql: `SELECT table_name AS \`table\`, constraint_name AS name, check_clause AS clause,
  IF(level = 'Column', constraint_name, NULL) AS \`column\`
FROM information_schema.check_constraints WHERE constraint_schema = DATABASE() ORDER BY 1, 2`,
  shownSql: (expression) => expression,
  defaultSql: (fallback) => fallback,
  typeWithDefault: (type) => type,
  newDefaultSql: (literal) => literal,
  addColumn: 'ADD COLUMN IF NOT EXISTS',
  rows: {
    each: '',
    given: (columns, rows) => `(WITH v (${names(columns)}) AS (VALUES ${rows}) SELECT * FROM v) i`,
  },
  offered: { alias: '', value: (column) => `VALUES(${column})` },
  hasUuid: true,
  maxScale: 38,
  leavesTriggerFiles: true,
};

function names(columns: number): string {
  return Array.from({ length: columns }, (_, index) => `p${index}`).join(', ');
}
