import { randomBytes } from 'node:crypto';
import { engineOf } from '#engines/index.ts';
import type { Claims, DatabaseServer, End } from '#model/stack.ts';
import { OperatorError } from '#std/errors.ts';
import { type AttachedRecord, readRecord, recordFile, removeRecord, writeRecord } from './record.ts';
import { removeDatabases } from './remove.ts';
import { attachedServer, urlForm, variableOf } from './variable.ts';

export type AttachedServers = AttachedRecord['servers'];

const ENDS: readonly End[] = ['source', 'sink'];

/** The servers that the environment names for these engines, by the ends that they are for. */
export function attachedServers(engines: Readonly<Record<End, string>>): AttachedServers {
  return Object.fromEntries(
    ENDS.flatMap((end) => {
      const server = attachedServer(engines[end]);
      return server === undefined ? [] : [[end, server] as const];
    }),
  );
}

/** Throws an OperatorError (`no-server`): no runtime starts one of this engine, and nobody has named one that runs. */
export function noServer(engine: string): OperatorError {
  const { title } = engineOf({ engine });
  return new OperatorError({
    code: 'no-server',
    message: `the embedded runtime has no server of ${title}`,
    expected: `${variableOf(engine)}, with the URL of one that runs: ${urlForm(engine)}`,
    found: `${variableOf(engine)} is not set`,
    hint: `export ${variableOf(engine)}='${urlForm(engine)}'; docs/attached-servers.md says what such a server needs`,
  });
}

/** The servers of somebody's that a lab uses, and what of the lab is on them. */
export interface Attached {
  readonly servers: AttachedServers;
  readonly claims: Claims;
  /** Drops what is left of the lab on them. What cannot be dropped now stays written down for the next command. */
  release(): Promise<void>;
}

/**
 * Writes down which servers a lab uses, before there is anything of it on them; of a lab that was kept, reads what it has
 * written. Undefined where both its servers are its own.
 */
export function openAttached(lab: string, named: AttachedServers, kept: boolean): Attached | undefined {
  const file = recordFile(lab);
  const before = kept ? readRecord(file) : undefined;
  if (before === undefined && (kept || Object.keys(named).length === 0)) return undefined;
  let record = before === undefined ? newRecord(named) : withLogins(before, named);
  const save = (databases: AttachedRecord['databases']): void => {
    record = { ...record, databases };
    writeRecord(file, record);
  };
  save(record.databases);
  const isOf = (end: End, database: string) => (one: AttachedRecord['databases'][number]) =>
    one.end === end && one.name === database;
  const has = (end: End, database: string): boolean => record.databases.some(isOf(end, database));
  return {
    servers: record.servers,
    claims: {
      has,
      add(end, name) {
        if (!has(end, name)) save([...record.databases, { end, name }]);
      },
      remove(end, name) {
        const is = isOf(end, name);
        if (has(end, name)) save(record.databases.filter((one) => !is(one)));
      },
    },
    async release() {
      const left = await removeDatabases(record);
      if (left.length === 0) removeRecord(file);
      else save(left);
    },
  };
}

/** Names of the lab's begin with a mark that no other lab's have. */
function newRecord(named: AttachedServers): AttachedRecord {
  const ownPrefix = `driftlab_${randomBytes(3).toString('hex')}_`;
  const marked = Object.entries(named).map(([end, server]) => [end, { ...server, ownPrefix }] as const);
  return { servers: Object.fromEntries(marked), databases: [] };
}

/** A lab goes on with the servers that have its data. How one logs in there may have changed since. */
function withLogins(record: AttachedRecord, named: AttachedServers): AttachedRecord {
  const servers = Object.entries(record.servers).map(([end, server]) => {
    const now = named[end as End];
    const same = now !== undefined && isSame(now, server);
    return [end, same ? { ...now, ownPrefix: server.ownPrefix } : server] as const;
  });
  return { ...record, servers: Object.fromEntries(servers) };
}

function isSame(one: DatabaseServer, other: DatabaseServer): boolean {
  return one.engine === other.engine && one.host === other.host && one.port === other.port;
}
