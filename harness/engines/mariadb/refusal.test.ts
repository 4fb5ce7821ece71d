import { describe, expect, test } from 'vitest';
import { unreachable } from './refusal.ts';

const URL_TEXT = "mariadb://o'app:hun%20ter2@db1:3307/sh%60op";
const said = (code: string, errno: number, message: string) =>
  unreachable(URL_TEXT, new Error('wrapped', { cause: Object.assign(new Error(message), { code, errno }) }));

describe('a connection that does not come about', () => {
  test.each([
    ['ER_ACCESS_DENIED_ERROR', 1045, 'Access denied', /ALTER USER 'o''app'@'%' IDENTIFIED BY '…'.*ssl-mode=REQUIRED/],
    [
      'ER_DBACCESS_DENIED_ERROR',
      1044,
      "denied for user 'app'@'10.%'",
      /^GRANT SELECT ON `sh``op`\.\* TO 'app'@'10\.%'$/,
    ],
    ['ER_BAD_DB_ERROR', 1049, "Unknown database 'x'", /SHOW DATABASES/],
    ['ER_CON_COUNT_ERROR', 1040, 'Too many connections', /--jobs 1.*max_connections/],
    ['ER_HOST_NOT_PRIVILEGED', 1130, 'not allowed', /CREATE USER 'o''app'@'%'/],
    ['ER_HOST_IS_BLOCKED', 1129, 'blocked', /FLUSH HOSTS/],
    ['ER_MUST_CHANGE_PASSWORD_LOGIN', 1862, 'expired', /expired: ALTER USER/],
    // The driver has other names for numbers that MariaDB gave out after MySQL.
    ['ER_BULK_PARSER_INCOMPLETE_ESCAPE_SEQUENCE', 4151, 'locked', /ACCOUNT UNLOCK/],
    ['ER_UNKNOWN', 3159, 'Connections using insecure transport are prohibited', /add \?ssl-mode=REQUIRED/],
    ['HANDSHAKE_NO_SSL_SUPPORT', 0, 'no secure connection', /take ssl-mode out/],
    ['HANDSHAKE_SSL_ERROR', 0, 'self-signed certificate', /&ssl-ca=FILE/],
    ['ECONNREFUSED', -111, 'connect ECONNREFUSED', /bind_address/],
    ['ENOTFOUND', -3008, 'getaddrinfo ENOTFOUND', /no name server knows db1/],
    ['ETIMEDOUT', 0, 'connect ETIMEDOUT', /db1:3307 is a server of MariaDB/],
    ['ER_ELSE', 1, 'else', /^check host, port/],
  ])('%s (%i) says what to change', (code, errno, message, hint) => {
    const error = said(code, errno, message);
    expect([error.found, error.exit]).toEqual([message, 1]);
    expect(error.hint).toMatch(hint);
  });

  test('names the place without its password', () => {
    const error = said('ER_ACCESS_DENIED_ERROR', 1045, 'Access denied');
    expect(error.message).toBe("cannot connect to MariaDB at o'app@db1:3307/sh%60op");
    expect(JSON.stringify(error)).not.toContain('ter2');
  });

  test('a server that lacks a setting of MariaDB is not one', () => {
    const error = said('ER_UNKNOWN_SYSTEM_VARIABLE', 1193, "Unknown system variable 'max_statement_time'");
    expect([error.code, error.message]).toEqual(['wrong-engine', 'the server at db1:3307/sh%60op is not MariaDB']);
    expect(error.found).toMatch(/^MySQL, or an older server: .*'max_statement_time'$/);
  });

  test('an error that is meant for people already stays as it is', () => {
    const error = said('ECONNREFUSED', 0, '');
    expect(unreachable(URL_TEXT, error)).toBe(error);
  });
});
