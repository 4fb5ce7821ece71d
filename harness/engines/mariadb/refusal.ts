import { messageOf, OperatorError } from '#std/errors.ts';
import { type Flavour, flavourOfUrl } from './flavour.ts';
import { quoteIdent } from './quote.ts';

/** What a client or a server says of a connection that did not come about. */
interface Said {
  readonly code?: string | undefined;
  readonly errno?: number | undefined;
  readonly message: string;
}

/** The account that the server names in its error, or that of the URL on any host. */
function accountOf({ message }: Said, user: string): string {
  const [, name, host] = /user '([^']*)'@'([^']*)'/.exec(message) ?? [];
  return `'${name ?? user}'@'${host ?? '%'}'`;
}

const text = (word: string): string => `'${word.replaceAll("'", "''")}'`;

interface Place {
  readonly host: string;
  readonly port: string;
  readonly user: string;
  readonly database: string;
}

/** What to do about it: the statement or setting that changes it, where one does. */
function adviceFor(said: Said, { host, port, user, database }: Place, { title, name }: Flavour): string {
  if (/insecure transport/i.test(said.message)) return 'the server takes TLS alone: add ?ssl-mode=REQUIRED to the URL';
  switch (said.code) {
    case 'ECONNREFUSED':
      return `nothing listens there: start the server, or name its port; it listens to other machines with bind_address=0.0.0.0 and without skip_networking`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `no name server knows ${host}: check the name`;
    case 'ETIMEDOUT':
      return `check that ${host}:${port} is a server of ${title}, and that no firewall lies between`;
    case 'HANDSHAKE_NO_SSL_SUPPORT':
      return 'the server has no TLS: give it ssl_cert and ssl_key, or take ssl-mode out of the URL';
    case 'HANDSHAKE_SSL_ERROR':
      return 'name the authority that signed its certificate with &ssl-ca=FILE, or use ssl-mode=REQUIRED, which checks none';
  }
  switch (said.errno) {
    case 1040:
    case 1203:
    case 1226:
      return 'ask for fewer connections (--jobs 1), or allow more: SET GLOBAL max_connections = …';
    case 1044:
      return `GRANT SELECT ON ${quoteIdent(database)}.* TO ${accountOf(said, user)}`;
    case 1045:
    case 1698:
      return `check user and password; ALTER USER ${text(user)}@'%' IDENTIFIED BY '…' sets a new one; an account made with REQUIRE SSL needs ?ssl-mode=REQUIRED in the URL`;
    case 1049:
      return 'check the name: SHOW DATABASES lists those that the user may see';
    case 1129:
      return `the server blocks this machine after failed connections: ${name === 'mysql' ? 'TRUNCATE TABLE performance_schema.host_cache' : 'FLUSH HOSTS'}`;
    case 1130:
      return `the server lets nobody in from this machine: CREATE USER ${text(user)}@'%' IDENTIFIED BY '…'`;
    case 1820:
    case 1862:
      return `the password has expired: ALTER USER ${text(user)}@'%' IDENTIFIED BY '…'`;
    case 4151:
    case 3118:
      return `ALTER USER ${text(user)}@'%' ACCOUNT UNLOCK`;
    default:
      return 'check host, port, database, user and password, and that the server accepts connections from here';
  }
}

/** What went wrong with a connection and what to do, without the URL's password. */
export function unreachable(url: string, error: unknown): OperatorError {
  if (error instanceof OperatorError) return error;
  const { username, hostname, port, pathname } = new URL(url);
  const place = {
    host: hostname,
    port: port || '3306',
    user: decodeURIComponent(username),
    database: decodeURIComponent(pathname.slice(1)),
  };
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const { code, errno } = cause as { readonly code?: string; readonly errno?: number };
  const said = messageOf(cause) || code || 'no reason given';
  const where = `${place.host}:${place.port}${pathname}`;
  const flavour = flavourOfUrl(url);
  if (errno === UNKNOWN_VARIABLE) return notOfFlavour(where, said, { flavour, cause: error });
  return new OperatorError({
    code: 'unreachable',
    message: `cannot connect to ${flavour.title} at ${username === '' ? '' : `${place.user}@`}${where}`,
    found: said,
    hint: adviceFor({ code, errno, message: said }, place, flavour),
    cause: error,
    exit: 1,
  });
}

/** A session begins with settings that a server of the other engine of this family does not know, or an older one. */
const UNKNOWN_VARIABLE = 1193;

interface Unlike {
  readonly flavour: Flavour;
  readonly cause: unknown;
}

function notOfFlavour(where: string, said: string, { flavour, cause }: Unlike): OperatorError {
  const { title, since, name } = flavour;
  const [other, scheme] = name === 'mysql' ? ['MariaDB', 'mariadb'] : ['MySQL', 'mysql'];
  return new OperatorError({
    code: 'wrong-engine',
    message: `the server at ${where} is not ${title}`,
    expected: `${title} ${since} or newer`,
    found: `${other}, or an older server: ${said}`,
    hint: `SELECT VERSION() shows what it is; write the URL as ${scheme}://… where it is ${other}`,
    cause,
    exit: 1,
  });
}
