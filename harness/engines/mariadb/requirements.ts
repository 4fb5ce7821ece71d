import { OperatorError } from '#std/errors.ts';

/** A server's setting, what it has to be, and how it is made so. */
interface Wanted {
  readonly setting: string;
  readonly value: string;
  readonly change: string;
}

const dynamic = (setting: string, value: string): Wanted => ({
  ...{ setting, value, change: `SET GLOBAL ${setting} = ${value}; and ${setting}=${value} under [mariadbd] in my.cnf` },
});

/** What Debezium reads: whole rows, with their columns' names. */
const SETTINGS: readonly Wanted[] = [
  {
    setting: 'log_bin',
    value: 'ON',
    change: 'log_bin=mariadb-bin under [mariadbd] in my.cnf, and start the server anew',
  },
  dynamic('binlog_format', 'ROW'),
  dynamic('binlog_row_image', 'FULL'),
  dynamic('binlog_row_metadata', 'FULL'),
];

/** Rights on databases, wherever they are granted; and rights on the server, each by the names that versions give it. */
const DATA_RIGHTS = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE', 'DROP', 'INDEX', 'ALTER'];
const SERVER_RIGHTS: readonly (readonly [string, ...string[]])[] = [
  ['RELOAD'],
  ['REPLICATION SLAVE', 'REPLICA'],
  ['BINLOG MONITOR', 'REPLICATION CLIENT'],
  ['CONNECTION ADMIN', 'SUPER'],
];

export interface ServerState {
  /** `SHOW GLOBAL VARIABLES`, by name. */
  readonly settings: ReadonlyMap<string, string>;
  /** `SHOW GRANTS`. */
  readonly grants: readonly string[];
  /** `CURRENT_USER()`: `app@%`. */
  readonly account: string;
}

/** What keeps a server from being a source; undefined where nothing does. Settings come first: rights can wait for a restart. */
export function lackOf(state: ServerState): OperatorError | undefined {
  return lackOfSettings(state) ?? lackOfRights(state);
}

function lackOfSettings({ settings }: ServerState): OperatorError | undefined {
  const wrong = SETTINGS.filter(({ setting, value }) => settings.get(setting)?.toUpperCase() !== value);
  if (wrong.length === 0) return undefined;
  return new OperatorError({
    code: 'wrong-server-settings',
    message: 'changes of this server cannot be captured',
    expected: wrong.map(({ setting, value }) => `${setting}=${value}`).join(', '),
    found: wrong.map(({ setting }) => `${setting}=${settings.get(setting) ?? '(not known to it)'}`).join(', '),
    hint: wrong.map(({ change }) => change).join('; '),
    exit: 1,
  });
}

function lackOfRights({ grants, account }: ServerState): OperatorError | undefined {
  const held = grants.flatMap(readGrant);
  const has = (right: string, onServer: boolean): boolean =>
    held.some((grant) => (grant.everywhere || !onServer) && (grant.rights.has(right) || grant.rights.has('ALL')));
  const missing = [
    ...DATA_RIGHTS.filter((right) => !has(right, false)),
    ...SERVER_RIGHTS.filter((names) => !names.some((name) => has(name, true))).map(([name]) => name),
  ];
  if (missing.length === 0) return undefined;
  const at = account.lastIndexOf('@');
  return new OperatorError({
    code: 'missing-rights',
    message: `the user ${account} lacks rights that a source needs`,
    expected: missing.join(', '),
    found: grants.map((grant) => grant.replace(/ IDENTIFIED .*/, '')).join('; '),
    hint: `GRANT ${missing.join(', ')} ON *.* TO '${account.slice(0, at).replaceAll("'", "''")}'@'${account.slice(at + 1)}'`,
    exit: 1,
  });
}

/** `GRANT SELECT, RELOAD ON *.* TO …`; one of a role, or on columns, gives nothing here. */
function readGrant(grant: string): { rights: ReadonlySet<string>; everywhere: boolean }[] {
  const [, rights, place] = /^GRANT (.+?) ON (\S+|`(?:[^`]|``)+`\.\S+) TO /.exec(grant) ?? [];
  if (rights === undefined || place === undefined || !place.endsWith('.*')) return [];
  const names = rights.split(', ').map((name) => name.replace(/ PRIVILEGES$/, ''));
  return [{ rights: new Set(names), everywhere: place === '*.*' }];
}
