import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { adviceFor, describedBy, lookForMysql } from './mysql.mjs';

const root = mkdtempSync(join(tmpdir(), 'driftlab mysql-'));
// For root, databases run as another user, who must get there.
chmodSync(root, 0o755);
afterAll(() => rmSync(root, { recursive: true }));

/** As `mysqld --no-defaults --verbose --help` prints it: the setting, padded, and its value. */
const help = (version: string, settings: Readonly<Record<string, string>>): string =>
  [
    `/usr/sbin/mysqld  Ver ${version}`,
    ...Object.entries(settings).map(([name, value]) => `${name.padEnd(60)} ${value}`),
  ].join('\n');

const ubuntu = {
  basedir: '/usr/',
  'character-sets-dir': '/usr/share/mysql/charsets/',
  'lc-messages-dir': '/usr/share/mysql/',
};

const filesIn =
  (share: string) =>
  (file: string): boolean =>
    [`${share}/english/errmsg.sys`, `${share}/charsets/Index.xml`].includes(file);

test('a server says its version and where its messages and character sets are', () => {
  const text = help('8.0.43-0ubuntu0.24.04.1 for Linux on x86_64 ((Ubuntu))', ubuntu);
  expect(describedBy('/usr/sbin/mysqld', text, filesIn('/usr/share/mysql'))).toEqual({
    server: '/usr/sbin/mysqld',
    base: '/usr',
    share: '/usr/share/mysql',
    version: '8.0.43',
  });
});

test('a share folder is found below a base folder with blanks, too', () => {
  const text = help('9.7.4 for macos15 on arm64 (Homebrew)', {
    basedir: '/opt/my sql/',
    'lc-messages-dir': '(No default value)',
  });
  expect(describedBy('m', text, filesIn('/opt/my sql/share'))).toMatchObject({ share: '/opt/my sql/share' });
});

test.each([
  ['MariaDB 10.11.6', '10.11.6-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)', '/usr/share/mysql'],
  ['MySQL 5.7.44, which is older than 8.0', '5.7.44 for Linux on x86_64', '/usr/share/mysql'],
  ['MySQL 8.4.0 without its messages', '8.4.0 for Linux on x86_64', '/elsewhere'],
])('%s is not run', (why, version, share) => {
  expect(describedBy('m', help(version, ubuntu), filesIn(share))).toContain(why);
});

/** A folder with a `mysqld` that prints this. */
function folderWith(name: string, script: string): string {
  const folder = join(root, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'mysqld'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'mysqld'), 0o755);
  return folder;
}

test('the first that is MySQL is taken, and what comes before it is named with the reason', () => {
  const share = join(root, 'share');
  for (const [folder, file] of [
    ['english', 'errmsg.sys'],
    ['charsets', 'Index.xml'],
  ] as const) {
    mkdirSync(join(share, folder), { recursive: true });
    writeFileSync(join(share, folder, file), '');
  }
  const mariadb = folderWith('mariadb', 'echo "mysqld  Ver 11.4.5-MariaDB for Linux"');
  const broken = folderWith('broken', 'echo "libaio.so.1: no such file" >&2; exit 127');
  // Settings of the machine's my.cnf would be in what it says of itself, unless it is told to leave them out.
  const mysql = folderWith(
    'mysql',
    `test "$1" = --no-defaults && echo "mysqld  Ver 8.4.3 for Linux" && echo "basedir  ${root}/"`,
  );
  const { found, passedOver } = lookForMysql([mariadb, join(root, 'nothing'), broken, mysql]);
  expect(found).toEqual({ server: join(mysql, 'mysqld'), base: root, share, version: '8.4.3', confined: false });
  expect(passedOver).toEqual([
    `${join(mariadb, 'mysqld')}: MariaDB 11.4.5`,
    `${join(broken, 'mysqld')}: exit status 127: libaio.so.1: no such file`,
  ]);
  expect(lookForMysql([mariadb]).found).toBeUndefined();
});

test.runIf(process.getuid?.() === 0)('one that only root reaches is passed over', () => {
  const closed = folderWith('closed', `echo "mysqld  Ver 8.4.3 for Linux"; echo "basedir  ${root}/"`);
  chmodSync(closed, 0o700);
  expect(lookForMysql([closed])).toEqual({
    found: undefined,
    passedOver: [expect.stringContaining(`who cannot reach ${join(closed, 'mysqld')}`)],
  });
});

test('advice is for the system at hand', () => {
  expect(adviceFor('darwin', '')).toBe('brew install mysql');
  expect(adviceFor('linux', 'ID=linuxmint\nID_LIKE="ubuntu debian"')).toContain('mysql-server-core-8.0');
  expect(adviceFor('linux', 'ID=debian\n')).toContain('unstable release alone');
  expect(adviceFor('linux', 'ID="fedora"\n')).toMatch(/^install MySQL 8\.0 or newer/);
});
