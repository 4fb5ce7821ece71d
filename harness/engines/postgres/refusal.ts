import { messageOf, OperatorError } from '#std/errors.ts';
import { quoteIdent } from './quote.ts';

interface Place {
  readonly host: string;
  readonly user: string;
  readonly database: string;
}

/** What to do about it: the statement or setting that changes it, where one does. `code` is a system's, or an SQLSTATE. */
function adviceFor(code: string | undefined, { host, user, database }: Place): string {
  switch (code) {
    case 'ECONNREFUSED':
      return `nothing listens there: start the server, or name its port; it listens to other machines with listen_addresses = '*'`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `no name server knows ${host}: check the name`;
    case '28P01':
      return `check user and password; ALTER ROLE ${quoteIdent(user)} PASSWORD '…' sets a new one`;
    case '28000':
      return `ALTER ROLE ${quoteIdent(user)} LOGIN, or a line in pg_hba.conf for it and this machine, and SELECT pg_reload_conf()`;
    case '42501':
      return `GRANT CONNECT ON DATABASE ${quoteIdent(database)} TO ${quoteIdent(user)}`;
    case '3D000':
      return 'check the name: SELECT datname FROM pg_database lists those that there are';
    case '53300':
      return 'ask for fewer connections (--jobs 1), or allow more: ALTER SYSTEM SET max_connections = …';
    default:
      return 'check host, port, database, user and password, and that the server accepts connections from here';
  }
}

/** What went wrong with a connection and what to do, without the URL's password. */
export function unreachable(url: string, error: unknown): OperatorError {
  const { username, hostname, port, pathname } = new URL(url);
  const user = decodeURIComponent(username);
  const nested = error instanceof AggregateError ? error.errors.map(messageOf).join('; ') : '';
  const said = messageOf(error) || nested || 'no reason given';
  const { code } = error as { readonly code?: string };
  return new OperatorError({
    code: 'unreachable',
    message: `cannot connect to PostgreSQL at ${user === '' ? '' : `${user}@`}${hostname}:${port || '5432'}${pathname}`,
    // The driver's words for no password: it must be "a string", or "a non-empty string".
    found: /password must be a/.test(said) ? 'the server asks for a password, and none was given' : said,
    hint: adviceFor(code, { host: hostname, user, database: decodeURIComponent(pathname.slice(1)) }),
    cause: error,
    exit: 1,
  });
}
