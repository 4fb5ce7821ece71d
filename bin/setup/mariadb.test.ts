import { expect, test } from 'vitest';
import { describedBy, mariadbFolder } from './mariadb.mjs';

/** As `mariadbd --verbose --help` prints it: the setting, padded, and its value. */
const help = (version: string, settings: Readonly<Record<string, string>>): string =>
  [
    `/usr/sbin/mariadbd  Ver ${version} for debian-linux-gnu on aarch64 (Debian 12)`,
    ...Object.entries(settings).map(([name, value]) => `${name.padEnd(60)} ${value}`),
  ].join('\n');

const debian = {
  basedir: '/usr',
  'character-sets-dir': '/usr/share/mysql/charsets/',
  'lc-messages-dir': '(No default value)',
};

test('a server in PATH says its version and where the SQL of its system tables is', () => {
  const there = (file: string): boolean => file === '/usr/share/mysql/mysql_system_tables.sql';
  const text = help('10.11.19-MariaDB-0+deb12u1', debian);
  expect(describedBy('/usr/sbin/mariadbd', text, there)).toEqual({
    server: '/usr/sbin/mariadbd',
    share: '/usr/share/mysql',
    version: '10.11.19',
  });
});

test('one beside a share folder that only its base folder names is found as well', () => {
  const there = (file: string): boolean => file === '/opt/m/share/mariadb_system_tables.sql';
  const text = help('11.4.5-MariaDB', { basedir: '/opt/m/', 'character-sets-dir': '/elsewhere/charsets/' });
  expect(describedBy('m', text, there)).toMatchObject({ share: '/opt/m/share', version: '11.4.5' });
});

test('what is no MariaDB, or lacks its files, is not run', () => {
  expect(describedBy('m', help('8.4.0', debian), () => true)).toBeUndefined();
  expect(describedBy('m', help('11.4.5-MariaDB', debian), () => false)).toBeUndefined();
  expect(describedBy('m', '', () => true)).toBeUndefined();
});

test('the archive of the server is pinned, and its folder is named by its checksum', () => {
  expect(mariadbFolder()).toMatch(/mariadb-[\d.]+-[0-9a-f]{12}$/);
});
