import type { End } from '#model/stack.ts';
import { OperatorError } from '#std/errors.ts';
import { quoteIdent } from './quote.ts';

/** What a server says of itself and of the role that asks. */
export interface ServerState {
  /** `server_version_num`: 180004. */
  readonly version: number;
  readonly walLevel: string;
  /** Replication slots that there may be, and that there are. */
  readonly slotsMax: number;
  readonly slots: number;
  /** Connections that may read the log at once, and that do. */
  readonly sendersMax: number;
  readonly senders: number;
  readonly role: string;
  readonly superuser: boolean;
  /** By its own attribute, or by being a member of what a managed service has for it. */
  readonly replication: boolean;
  readonly createsDatabases: boolean;
}

/** The first version that tells whether a text is a valid value (`pg_input_is_valid`). */
const VERSION_MIN = 160_000;
/** A pipeline's: its connector's and the ledger's. */
const SLOTS_MIN = 2;
const SENDERS_MIN = 1;

/** One row for {@link stateOf}. Amazon's service has a role for what no one but it can grant as an attribute. */
export const STATE_SQL = `
SELECT json_build_object('version', current_setting('server_version_num')::int, 'walLevel', current_setting('wal_level'),
  'slotsMax', current_setting('max_replication_slots')::int, 'slots', (SELECT count(*) FROM pg_replication_slots),
  'sendersMax', current_setting('max_wal_senders')::int, 'senders', (SELECT count(*) FROM pg_stat_replication),
  'role', r.rolname, 'superuser', r.rolsuper,
  'replication', r.rolreplication
    OR EXISTS (SELECT FROM pg_roles m WHERE m.rolname = 'rds_replication' AND pg_has_role(m.oid, 'USAGE')),
  'createsDatabases', r.rolcreatedb)::text AS state
FROM pg_roles r WHERE r.rolname = current_user`;

export function stateOf(rows: readonly { readonly state: string }[]): ServerState {
  const [row] = rows;
  if (row === undefined) throw new Error('the server says nothing about the role that asks');
  return JSON.parse(row.state) as ServerState;
}

/** What keeps a server from being an end; undefined where nothing does. Settings come first: rights can wait for a restart. */
export function lackOf(state: ServerState, as: End = 'source'): OperatorError | undefined {
  return lackOfVersion(state) ?? (as === 'source' ? lackOfSettings(state) : undefined) ?? lackOfRights(state, as);
}

function lackOfVersion({ version }: ServerState): OperatorError | undefined {
  if (version >= VERSION_MIN) return undefined;
  return new OperatorError({
    code: 'old-server',
    message: 'values of this server cannot be compared',
    expected: `PostgreSQL ${VERSION_MIN / 10_000} or newer`,
    found: `PostgreSQL ${Math.floor(version / 10_000)}`,
    hint: 'name a newer server: it lacks pg_input_is_valid',
    exit: 1,
  });
}

function lackOfSettings(state: ServerState): OperatorError | undefined {
  const wanted = [
    { setting: 'wal_level', right: state.walLevel === 'logical', value: 'logical', found: state.walLevel },
    room('max_replication_slots', state.slotsMax, state.slots, SLOTS_MIN),
    room('max_wal_senders', state.sendersMax, state.senders, SENDERS_MIN),
  ];
  const wrong = wanted.filter(({ right }) => !right);
  if (wrong.length === 0) return undefined;
  return new OperatorError({
    code: 'wrong-server-settings',
    message: 'changes of this server cannot be captured',
    expected: wrong.map(({ setting, value }) => `${setting}=${value}`).join(', '),
    found: wrong.map(({ setting, found }) => `${setting}=${found}`).join(', '),
    hint: `${wrong.map(({ setting, value }) => `ALTER SYSTEM SET ${setting} = ${value}`).join('; ')}; and start the server anew`,
    exit: 1,
  });
}

function room(setting: string, most: number, used: number, needed: number) {
  const found = used === 0 ? String(most) : `${most}, of which ${used} in use`;
  return { setting, right: most - used >= needed, value: String(used + needed), found };
}

function lackOfRights(
  { role, superuser, replication, createsDatabases }: ServerState,
  as: End,
): OperatorError | undefined {
  const missing = [
    ...(superuser || replication || as === 'sink' ? [] : ['REPLICATION']),
    ...(superuser || createsDatabases ? [] : ['CREATEDB']),
  ];
  if (missing.length === 0) return undefined;
  return new OperatorError({
    code: 'missing-rights',
    message: `the role ${role} lacks rights that a ${as} needs`,
    expected: missing.join(', '),
    found: missing.map((right) => `NO${right}`).join(', '),
    hint: `ALTER ROLE ${quoteIdent(role)} ${missing.join(' ')}`,
    exit: 1,
  });
}
