import { spawnSync } from 'node:child_process';

/** A way in which PostgreSQL's own programs copy the table, as a shell runs it with $SOURCE and $TARGET. */
export interface Peer {
  readonly name: string;
  readonly command: string;
  /** Whether the target's table is there, with its key, as it is for a pipeline that has been through Step 0. */
  readonly tableFirst: boolean;
  /** Whether it is what a load is held against. */
  readonly target: boolean;
}

const COPY = `psql -qX "$SOURCE" -c 'COPY orders TO STDOUT' | psql -qX "$TARGET" -c 'COPY orders FROM STDIN'`;
const DUMP = 'pg_dump -t orders';
const RESTORE = 'psql -qXo /dev/null -v ON_ERROR_STOP=1 "$TARGET"';

/** Those that this machine has. pg_dump refuses a server that is newer than itself; without it COPY stands in for it. */
export function peersFor(serverMajor: number): {
  readonly peers: readonly Peer[];
  readonly leftOut: string | undefined;
} {
  const copy: Peer = { name: 'COPY | COPY', command: COPY, tableFirst: true, target: false };
  const version = /(\d+)/.exec(spawnSync('pg_dump', ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1];
  if (Number(version ?? 0) < serverMajor)
    return {
      peers: [{ ...copy, target: true }],
      leftOut: `pg_dump ${version ?? '(none on the PATH)'} cannot read a server of ${serverMajor}: compared with COPY | COPY alone`,
    };
  return {
    peers: [
      {
        name: 'pg_dump --data-only | psql',
        command: `${DUMP} --data-only "$SOURCE" | ${RESTORE}`,
        tableFirst: true,
        target: true,
      },
      { name: 'pg_dump | psql', command: `${DUMP} "$SOURCE" | ${RESTORE}`, tableFirst: false, target: true },
      copy,
    ],
    leftOut: undefined,
  };
}
