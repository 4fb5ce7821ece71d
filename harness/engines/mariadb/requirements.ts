import { OperatorError } from '#std/errors.ts';
import type { Flavour } from './flavour.ts';

/** A server's setting, what it has to be, and how it is made so. */
interface Wanted {
  readonly setting: string;
  readonly value: string;
  readonly change: string;
}

/** One right by the names that versions give it. */
type Right = readonly [string, ...string[]];

/** What an engine of this family needs of its servers beside what both do. */
export interface ServerNeeds {
  /** Of my.cnf. */
  readonly section: string;
  readonly settings: readonly Wanted[];
  readonly rights: readonly Right[];
}

type Needing = Pick<Flavour, 'needs' | 'logName'>;

/** What Debezium reads: whole rows, with their columns' names. */
function settingsOf({ needs, logName }: Needing, trusted: boolean): readonly Wanted[] {
  const { section } = needs;
  const dynamic = (setting: string, value: string): Wanted => {
    const change = `SET GLOBAL ${setting} = ${value}; and ${setting}=${value} under [${section}] in my.cnf`;
    return { setting, value, change };
  };
  const change = `log_bin=${logName} under [${section}] in my.cnf, and start the server anew`;
  return [
    { setting: 'log_bin', value: 'ON', change },
    dynamic('binlog_format', 'ROW'),
    dynamic('binlog_row_image', 'FULL'),
    dynamic('binlog_row_metadata', 'FULL'),
    // A server that logs lets nobody else make the triggers by which writes are noted.
    ...(trusted ? [] : [dynamic('log_bin_trust_function_creators', 'ON')]),
    ...needs.settings,
  ];
}

/** Rights on databases, wherever they are granted; and rights on the server. */
const DATA_RIGHTS = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE', 'DROP', 'INDEX', 'ALTER', 'TRIGGER'];
const SERVER_RIGHTS: readonly Right[] = [['RELOAD'], ['REPLICATION SLAVE', 'REPLICA']];

export interface ServerState {
  /** `SHOW GLOBAL VARIABLES`, by name. */
  readonly settings: ReadonlyMap<string, string>;
  /** `SHOW GRANTS`. */
  readonly grants: readonly string[];
  /** `CURRENT_USER()`: `app@%`. */
  readonly account: string;
}

/** What keeps a server from being a source; undefined where nothing does. Settings come first: rights can wait for a restart. */
export function lackOf(state: ServerState, flavour: Needing): OperatorError | undefined {
  const held = state.grants.flatMap(readGrant);
  const trusted = held.some(({ everywhere, rights }) => everywhere && (rights.has('ALL') || rights.has('SUPER')));
  const rights = [...SERVER_RIGHTS, ...flavour.needs.rights];
  return lackOfSettings(state, settingsOf(flavour, trusted)) ?? lackOfRights(state, held, rights);
}

function lackOfSettings(
  { settings }: Pick<ServerState, 'settings'>,
  wanted: readonly Wanted[],
): OperatorError | undefined {
  const wrong = wanted.filter(({ setting, value }) => settings.get(setting)?.toUpperCase() !== value);
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

/** Of a source that is only read, and whose tables' definitions its connector knows. */
const READ_SETTINGS = ['log_bin', 'binlog_format', 'binlog_row_image'];

/** What of its settings keeps a server from being a source that is only read; undefined where nothing does. */
export function lackOfReading(settings: ServerState['settings'], flavour: Needing): OperatorError | undefined {
  const wanted = settingsOf(flavour, true).filter(({ setting }) => READ_SETTINGS.includes(setting));
  return lackOfSettings({ settings }, wanted) ?? lackOfGtids(settings);
}

/** Debezium's connector for MySQL is told by a set of GTIDs where it begins, and fails with an empty one. MariaDB has no such modes. */
function lackOfGtids(settings: ServerState['settings']): OperatorError | undefined {
  if (settings.get('gtid_mode') !== 'ON' || settings.get('gtid_executed') !== '') return undefined;
  return new OperatorError({
    code: 'no-gtids',
    message: 'this server has logged no transaction with a GTID, behind which a connector could begin',
    expected: 'at least one in gtid_executed',
    found: 'none',
    hint: 'commit any transaction there: CREATE TABLE, INSERT, UPDATE',
    exit: 1,
  });
}

function lackOfRights(
  { grants, account }: ServerState,
  held: readonly Grant[],
  rights: readonly Right[],
): OperatorError | undefined {
  const has = (right: string, onServer: boolean): boolean =>
    held.some((grant) => (grant.everywhere || !onServer) && (grant.rights.has(right) || grant.rights.has('ALL')));
  const missing = [
    ...DATA_RIGHTS.filter((right) => !has(right, false)),
    ...rights.filter((names) => !names.some((name) => has(name, true))).map(([name]) => name),
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

interface Grant {
  readonly rights: ReadonlySet<string>;
  readonly everywhere: boolean;
}

/** `GRANT SELECT, RELOAD ON *.* TO …`; one of a role, or on columns, gives nothing here. */
function readGrant(grant: string): Grant[] {
  const [, rights, place] = /^GRANT (.+?) ON (\S+|`(?:[^`]|``)+`\.\S+) TO /.exec(grant) ?? [];
  if (rights === undefined || place === undefined || !place.endsWith('.*')) return [];
  const names = rights.split(/, ?/).map((name) => name.replace(/ PRIVILEGES$/, ''));
  return [{ rights: new Set(names), everywhere: place === '*.*' }];
}
