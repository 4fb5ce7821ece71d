import { describe, expect, test } from 'vitest';
import { mariadbFlavour } from './flavour/mariadb.ts';
import { mysqlFlavour } from './flavour/mysql.ts';
import { lackOf, lackOfReading, type ServerState } from './requirements.ts';

const RIGHT: ServerState = {
  settings: new Map([
    ['log_bin', 'ON'],
    ['binlog_format', 'ROW'],
    ['binlog_row_image', 'FULL'],
    ['binlog_row_metadata', 'FULL'],
    ['log_bin_trust_function_creators', 'OFF'],
  ]),
  grants: ["GRANT ALL PRIVILEGES ON *.* TO `lab`@`%` IDENTIFIED BY PASSWORD '*ABC' WITH GRANT OPTION"],
  account: 'lab@%',
};
const DATA = 'SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, INDEX, ALTER, TRIGGER';
const SERVER = 'RELOAD, REPLICATION SLAVE, BINLOG MONITOR, CONNECTION ADMIN';

test('a server that logs whole rows, and a user who may do all, lack nothing', () => {
  expect(lackOf(RIGHT, mariadbFlavour)).toBeUndefined();
});

describe('a setting', () => {
  test.each([
    ['log_bin', 'OFF', /^log_bin=mariadb-bin under \[mariadbd\] in my\.cnf, and start the server anew$/],
    ['binlog_format', 'STATEMENT', /^SET GLOBAL binlog_format = ROW; /],
    ['binlog_row_image', 'MINIMAL', /^SET GLOBAL binlog_row_image = FULL; /],
    ['binlog_row_metadata', 'NO_LOG', /^SET GLOBAL binlog_row_metadata = FULL; /],
  ])('%s=%s is named with what changes it', (setting, value, hint) => {
    const error = lackOf({ ...RIGHT, settings: new Map([...RIGHT.settings, [setting, value]]) }, mariadbFlavour);
    const wanted = RIGHT.settings.get(setting);
    expect([error?.expected, error?.found]).toEqual([`${setting}=${wanted}`, `${setting}=${value}`]);
    expect(error?.hint).toMatch(hint);
  });

  test('all that are wrong are one error', () => {
    const error = lackOf({ ...RIGHT, settings: new Map() }, mariadbFlavour);
    expect(error?.expected).toBe('log_bin=ON, binlog_format=ROW, binlog_row_image=FULL, binlog_row_metadata=FULL');
  });

  test('which lets a user make triggers is asked of a server whose user is not all-powerful', () => {
    const error = lackOf({ ...RIGHT, grants: [`GRANT ${DATA}, ${SERVER} ON *.* TO \`a\`@\`%\``] }, mariadbFlavour);
    expect(error?.expected).toBe('log_bin_trust_function_creators=ON');
    expect(error?.hint).toMatch(/^SET GLOBAL log_bin_trust_function_creators = ON; /);
  });
});

describe('rights', () => {
  const settings = new Map([...RIGHT.settings, ['log_bin_trust_function_creators', 'ON']]);
  const lackFor = (...grants: string[]) =>
    lackOf({ ...RIGHT, settings, grants, account: "o'app@10.%" }, mariadbFlavour);

  test('on databases may be granted on some, those on the server may not', () => {
    expect(
      lackFor(`GRANT ${SERVER} ON *.* TO \`a\`@\`%\``, `GRANT ${DATA} ON \`conformance %\`.* TO \`a\`@\`%\``),
    ).toBeUndefined();
    expect(lackFor(`GRANT ALL PRIVILEGES ON \`shop\`.* TO \`a\`@\`%\``)?.expected).toBe(SERVER);
  });

  test('those that are missing are granted by one statement', () => {
    const error = lackFor(`GRANT ${DATA}, RELOAD, SUPER ON *.* TO \`a\`@\`%\` IDENTIFIED BY PASSWORD '*AB'`);
    expect(error?.hint).toBe("GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO 'o''app'@'10.%'");
    expect(error?.found).not.toContain('PASSWORD');
  });

  test('on columns or of one table are none on its database', () => {
    expect(lackFor('GRANT SELECT (`id`) ON `shop`.`a` TO `a`@`%`', 'GRANT `role` TO `a`@`%`')?.expected).toBe(
      `${DATA}, ${SERVER}`,
    );
  });
});

test.each([
  ['ON', '', 'no-gtids'],
  ['ON', 'a:1', undefined],
  ['OFF', '', undefined],
])('of a server of MySQL that is only read, with gtid_mode=%s and gtid_executed=%j: %s', (mode, executed, code) => {
  const settings = new Map([...RIGHT.settings, ['gtid_mode', mode], ['gtid_executed', executed]]);
  expect(lackOfReading(settings, mysqlFlavour)?.code).toBe(code);
});
