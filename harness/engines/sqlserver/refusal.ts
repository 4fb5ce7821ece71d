import { messageOf, OperatorError } from '#std/errors.ts';
import { quoteIdent, quoteLiteral } from './quote.ts';
import { isServerError, type ServerError } from './server-error.ts';
import { type Place, placeOf } from './url.ts';

/** What is wrong, and what to do about it: the statement or setting that changes it, where one does. */
interface Reading {
  readonly code: string;
  readonly hint: string;
}

/** The state of a refused login is in the server's own log alone, where it tells these apart. */
const LOGIN_STATES: Readonly<Record<number, string>> = {
  2: 'there is no login of this name',
  5: 'there is no login of this name',
  7: 'the login is disabled, and the password is wrong',
  8: 'the password is wrong',
  9: 'the password is not valid',
  11: 'the login has no access to the server',
  12: 'the login has no access to the server',
  18: 'the password must be changed',
  38: 'the database is not there, or the login has no access to it',
  40: 'the default database of the login cannot be opened',
  58: 'the server allows logins of Windows alone',
};

type Read = (place: Place, error: ServerError) => Reading;

const denied: Read = ({ user }, { message }) => {
  const [, onObject, object = ''] = /^The (\w+) permission was denied on the object '([^']+)'/.exec(message) ?? [];
  const [, inDatabase] = /^([A-Z]+(?: [A-Z]+)*) permission denied in database/.exec(message) ?? [];
  const right = onObject === undefined ? inDatabase : `${onObject} ON ${quoteIdent(object)}`;
  const grant = right === undefined ? '' : `GRANT ${right} TO ${quoteIdent(user)}; `;
  return {
    code: 'no-right',
    hint: `${grant}enabling CDC for a database needs sysadmin, for a table db_owner, and reading the Agent's state VIEW SERVER STATE`,
  };
};

const noCapture: Read = ({ database }) => ({
  code: 'cdc-not-enabled',
  hint: `enable it as a member of sysadmin: USE ${quoteIdent(database)}; EXEC sys.sp_cdc_enable_db`,
});

const noEdition: Read = () => ({
  code: 'cdc-not-in-edition',
  hint: "Change Data Capture needs the Developer, Standard (from 2016 SP1) or Enterprise edition: SELECT SERVERPROPERTY(N'Edition') shows which it is",
});

const tableNotCaptured: Read = () => ({
  code: 'cdc-table-not-enabled',
  hint: "enable it for the table: EXEC sys.sp_cdc_enable_table @source_schema = N'dbo', @source_name = N'…', @role_name = NULL, @supports_net_changes = 0",
});

const noInstance: Read = () => ({
  code: 'no-capture-instance',
  hint: 'EXEC sys.sp_cdc_help_change_data_capture lists the capture instances that are there',
});

const tooManyInstances: Read = () => ({
  code: 'two-capture-instances',
  hint: 'a table has two at most: EXEC sys.sp_cdc_help_change_data_capture lists them, sys.sp_cdc_disable_table takes the older one away',
});

/** The functions that read changes say so of a range that begins before what they have. */
const cleanedUp: Read = (_, { message }) =>
  message.includes('fn_cdc_get')
    ? {
        code: 'changes-cleaned-up',
        hint: "the changes asked for are older than what is kept: take a new snapshot, and keep more with EXEC sys.sp_cdc_change_job @job_type = N'cleanup', @retention = …",
      }
    : { code: 'refused', hint: "the server's message 313 says why" };

const noAgent: Read = () => ({
  code: 'agent-not-running',
  hint: 'start SQL Server Agent: MSSQL_AGENT_ENABLED=true in a container, systemctl restart mssql-server after mssql-conf set sqlagent.enabled true, or its service under Windows',
});

/** What is not there: without the capture its own tables, without an instance the change table of that. */
const noObject: Read = (place, error) => {
  const [, name = ''] = /'(?:.*\.)?cdc\.([^']+)'/i.exec(error.message) ?? [];
  if (/^(change_tables|captured_columns|index_columns|ddl_history|lsn_time_mapping)$/i.test(name))
    return noCapture(place, error);
  if (name !== '') return noInstance(place, error);
  return { code: 'no-such-table', hint: ADVICE.tables };
};

/** A server without the procedures of the capture: of an edition, or a service, that has none. */
const noProcedure: Read = (place, error) =>
  error.message.includes('sp_cdc_')
    ? noEdition(place, error)
    : { code: 'refused', hint: "the server's message 2812 says why" };

const timedOut: Read = () => ({
  code: 'timeout',
  hint: 'somebody holds a lock: SELECT session_id, blocking_session_id, wait_type FROM sys.dm_exec_requests WHERE blocking_session_id <> 0 shows who',
});

/** By the numbers of `sys.messages`. */
const BY_NUMBER: Readonly<Record<number, Read>> = {
  18456: ({ user }, { state = 1 }) => ({
    code: 'login-failed',
    hint: `${LOGIN_STATES[state] ?? 'check user and password'}; the server's log has the reason: EXEC sys.sp_readerrorlog 0, 1, N'Login failed'; a new password: ALTER LOGIN ${quoteIdent(user)} WITH PASSWORD = N'…'`,
  }),
  18486: ({ user }) => ({
    code: 'login-failed',
    hint: `the login is locked: ALTER LOGIN ${quoteIdent(user)} WITH PASSWORD = N'…' UNLOCK`,
  }),
  18487: ({ user }) => ({
    code: 'login-failed',
    hint: `the password has expired: ALTER LOGIN ${quoteIdent(user)} WITH PASSWORD = N'…'`,
  }),
  18488: ({ user }) => ({
    code: 'login-failed',
    hint: `the password must be changed: ALTER LOGIN ${quoteIdent(user)} WITH PASSWORD = N'…'`,
  }),
  4060: ({ database, user }) => ({
    code: 'no-such-database',
    hint: `check the name: SELECT name FROM sys.databases lists those that there are; where ${database} is there, CREATE USER ${quoteIdent(user)} FOR LOGIN ${quoteIdent(user)} in it`,
  }),
  911: () => ({
    code: 'no-such-database',
    hint: 'check the name: SELECT name FROM sys.databases lists those that there are',
  }),
  208: noObject,
  229: denied,
  230: denied,
  262: denied,
  297: denied,
  300: denied,
  916: ({ user, database }) => ({
    code: 'no-right',
    hint: `the login has no user in the database: USE ${quoteIdent(database)}; CREATE USER ${quoteIdent(user)} FOR LOGIN ${quoteIdent(user)}`,
  }),
  2812: noProcedure,
  15247: denied,
  22902: denied,
  22904: denied,
  22914: denied,
  22981: denied,
  22901: noCapture,
  22910: noCapture,
  22985: tableNotCaptured,
  22920: noInstance,
  22960: noInstance,
  22962: tooManyInstances,
  22845: noEdition,
  22988: noEdition,
  22989: () => ({
    code: 'cdc-on-system-database',
    hint: 'name a database of your own in the URL: CDC captures none of the system databases',
  }),
  22993: ({ database }) => ({
    code: 'no-capture-job',
    hint: `USE ${quoteIdent(database)}; EXEC sys.sp_cdc_add_job @job_type = N'capture'`,
  }),
  313: cleanedUp,
  14258: noAgent,
  22022: noAgent,
  1205: () => ({
    code: 'deadlock',
    hint: 'two transactions waited for each other, and the server ended this one: run it again, whole',
  }),
  1222: timedOut,
  3952: ({ database }) => ({
    code: 'no-snapshot-isolation',
    hint: `ALTER DATABASE ${quoteIdent(database)} SET ALLOW_SNAPSHOT_ISOLATION ON`,
  }),
  9002: ({ database }) => ({
    code: 'log-full',
    hint: `SELECT log_reuse_wait_desc FROM sys.databases WHERE name = ${quoteLiteral(database)} says what keeps it: LOG_BACKUP asks for BACKUP LOG, REPLICATION for a capture job that runs (EXEC sys.sp_cdc_start_job)`,
  }),
  1105: () => ({ code: 'disk-full', hint: 'give the database more room: its files cannot grow' }),
};

const ELSEWHERE = 'check host, port, database, user and password, and that the server accepts connections from here';

/** What the operating system and TLS say of a connection, by the code of the innermost cause. */
function ofTransport(code: string, { host, port }: Place): Reading {
  const hint = (text: string): Reading => ({ code: 'unreachable', hint: text });
  switch (code) {
    case 'ECONNREFUSED':
      return hint(
        'nothing listens there: start the server, or name its port; TCP/IP has to be enabled in its configuration',
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return hint(`no name server knows ${host}: check the name`);
    case 'ECONNRESET':
    case 'ETIMEDOUT':
    case 'ETIMEOUT':
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
      return hint(`check that ${host}:${port} is SQL Server, and that no firewall lies between`);
    case 'EENCRYPT':
      return hint(
        'the server and the URL do not agree on encryption: the server has no TLS (&encrypt=false sends all in the clear), or takes TLS alone (&encrypt=true)',
      );
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return hint(`the certificate is of another name than ${host}: name that one with &hostNameInCertificate=…`);
    default:
      return CERTIFICATE.test(code)
        ? hint(
            'nobody vouches for the certificate of the server: name its authority with &ca=FILE, or take it as it is with &trustServerCertificate=true',
          )
        : hint(ELSEWHERE);
  }
}

/** As Node.js names what is wrong with a certificate. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/;

/** The codes of an error and of its causes, from the innermost. */
function codesOf(error: unknown, depth = 0): string[] {
  if (typeof error !== 'object' || error === null || depth > 8) return [];
  const { code, cause, originalError, errors } = error as {
    readonly [name in 'code' | 'cause' | 'originalError']?: unknown;
  } & { readonly errors?: readonly unknown[] };
  const inner = [...(errors ?? []), cause, originalError].flatMap((one) => codesOf(one, depth + 1));
  return [...inner, ...(typeof code === 'string' ? [code] : [])];
}

/** What the server or the driver means by an error: a stable code, and what to do. */
export function readingOf(error: unknown, url: string): Reading {
  const place = placeOf(url);
  if (isServerError(error))
    return (
      BY_NUMBER[error.number]?.(place, error) ?? {
        code: 'refused',
        hint: `the server's message ${error.number} says why`,
      }
    );
  return ofTransport(codesOf(error)[0] ?? '', place);
}

/** The driver leaves a state of 0 out. */
function numbered(words: string, { number, state = 0 }: ServerError): string {
  return `${words} (message ${number}, state ${state})`;
}

/** What went wrong with a connection, or with the first thing that was asked of it, and what to do; without the URL's password. */
export function unreachable(url: string, error: unknown): OperatorError {
  if (error instanceof OperatorError) return error;
  const { host, port, user, database } = placeOf(url);
  const { code, hint } = readingOf(error, url);
  const why = isServerError(error) ? error : ((error as Error).cause ?? error);
  const words = messageOf(why).replace(/^SQL Server \(.*?\) cannot be reached as .*?: /, '');
  return new OperatorError({
    code,
    message: `cannot connect to SQL Server at ${user === '' ? '' : `${user}@`}${host}:${port}/${database}`,
    found: isServerError(error) ? numbered(words, error) : words,
    hint,
    cause: error,
    exit: 1,
  });
}

/** An error of a statement as a person can act on it; what is none of the server's stays as it is. */
export function explained(url: string, what: string, error: unknown): unknown {
  if (!isServerError(error)) return error;
  const { code, hint } = readingOf(error, url);
  return new OperatorError({
    code,
    message: `SQL Server refuses ${what}`,
    found: numbered(error.message, error),
    hint,
    cause: error,
    exit: 1,
  });
}

/** The same where the database is known, which may be one without an address. */
export async function telling<T>(database: object, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw 'url' in database && typeof database.url === 'string' ? explained(database.url, what, error) : error;
  }
}

/** What else is advised in words that begin as a statement does. */
export const ADVICE = {
  version: 'SELECT @@VERSION shows what it is',
  tables: 'SELECT name FROM sys.tables lists those that there are',
  read: (relation: string, user: string) => `GRANT SELECT ON ${relation} TO ${quoteIdent(user)}`,
  sysadmin: (login: string) => `ALTER SERVER ROLE sysadmin ADD MEMBER ${quoteIdent(login)}`,
};
