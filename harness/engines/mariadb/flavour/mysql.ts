import type { Flavour } from '../flavour.ts';
import { quoteLiteral } from '../quote.ts';
import { gtidsBefore } from './mysql-gtids.ts';
import { beginSnapshot } from './mysql-snapshot.ts';
import { withParams } from './with-params.ts';

export const mysqlFlavour: Flavour = {
  name: 'mysql',
  title: 'MySQL',
  // VALUES ROW(…), and a name for the row that was to be inserted.
  since: '8.0.19',
  programs: { client: 'mysql', dump: 'mysqldump' },
  // Estimates of a table's rows are kept for a day otherwise; a session learns its transactions' names with their answers.
  session: 'max_execution_time = 0, information_schema_stats_expiry = 0, session_track_gtids = OWN_GTID',
  copySession: 'SET foreign_key_checks = 0, unique_checks = 0, innodb_strict_mode = 0',
  texts: 'CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin',
  logName: 'mysql-bin',
  needs: {
    section: 'mysqld',
    settings: [
      {
        setting: 'gtid_mode',
        value: 'ON',
        change: 'gtid_mode=ON and enforce_gtid_consistency=ON under [mysqld] in my.cnf, and start the server anew',
      },
    ],
    rights: [['REPLICATION CLIENT'], ['CONNECTION_ADMIN', 'SUPER']],
  },
  connect: {
    className: 'io.debezium.connector.mysql.MySqlConnector',
    name: 'mysql',
    settings: { 'database.ssl.mode': 'disabled', 'driver.allowPublicKeyRetrieval': 'true' },
    jdbc: ['allowPublicKeyRetrieval=true'],
  },
  bound: withParams,
  beginSnapshot,
  async offsetAt(run, place) {
    const gtids = await gtidsBefore(run, place);
    return gtids === undefined ? {} : { gtids };
  },
  committedGtid: async (_, results) => results.findLast(({ gtid }) => gtid !== undefined)?.gtid,
  triggerSql: (name, rest) => [`DROP TRIGGER IF EXISTS ${name}`, `CREATE TRIGGER ${name} ${rest}`],
  checksSql: `SELECT t.table_name AS \`table\`, c.constraint_name AS name, c.check_clause AS clause, NULL AS \`column\`
FROM information_schema.check_constraints c JOIN information_schema.table_constraints t
  ON t.constraint_schema = c.constraint_schema AND t.constraint_name = c.constraint_name
WHERE c.constraint_schema = DATABASE() AND t.constraint_type = 'CHECK' AND t.enforced = 'YES' ORDER BY 1, 2`,
  // It is shown as it would stand in a text, and names the character set of every text in it.
  shownSql: (expression) => expression.replaceAll(/\\(.)/gs, '$1').replaceAll(/\b_utf8mb4'/g, "'"),
  defaultSql(fallback, extra) {
    if (extra.includes('DEFAULT_GENERATED')) return /^CURRENT_TIMESTAMP/i.test(fallback) ? fallback : `(${fallback})`;
    return /^b'[01]*'$/.test(fallback) ? fallback : quoteLiteral(fallback);
  },
  // A text without a length has no literal as its default, and Debezium's connector takes an expression for none.
  typeWithDefault: (type) => (type === 'longtext' ? 'varchar(1000)' : type),
  // Of a type without a length an expression alone can be the default.
  newDefaultSql: (literal, type) => (/text|blob|json/.test(type) ? `(${literal})` : literal),
  addColumn: 'ADD COLUMN',
  rows: {
    each: 'ROW',
    given(columns, rows) {
      const names = Array.from({ length: columns }, (_, index) => `p${index}`).join(', ');
      return `(VALUES ${rows}) i (${names})`;
    },
  },
  offered: { alias: ' AS offered', value: (column) => `offered.${column}` },
  hasUuid: false,
  maxScale: 30,
  leavesTriggerFiles: false,
};
