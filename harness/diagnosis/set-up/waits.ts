import type { Place, Session, SetUpFacts, SourceWait } from '#model/set-up.ts';
import { answered, listed, type SetUpEntry, type SetUpFound } from './entry.ts';
import { literal } from './sql.ts';
import { entryOf } from './words.ts';

const SERVER = 'https://www.postgresql.org/docs/current';

/** Any session waits for another one now and then: what ends by itself is no cause. */
const WAITED_MS_MIN = 5000;

const whose = ({ application, user, address }: Session): string =>
  `${application || 'a session'} of ${user}${address === '' ? '' : ` from ${address}`}`;

/** What a session does that others wait for: `process 7, psql of app, idle in transaction since …, its statement …`. */
function told(session: Session, { where }: Place): string {
  const { pid, state, since, statement } = session;
  const doing =
    state === undefined ? '' : `, ${state}${since === undefined ? '' : ` in a transaction that began ${since}`}`;
  const last =
    statement === undefined
      ? '; what it does is shown to itself and to members of pg_read_all_stats alone'
      : `; its ${state === 'active' ? '' : 'last '}statement: ${statement}`;
  return `pg_stat_activity at ${where}: process ${pid}, ${whose(session)}${doing}${last}`;
}

interface Kind {
  readonly code: string;
  readonly title: string;
  readonly docs: string;
  /** The wait is of this kind, and of this pipeline. */
  readonly fits: (wait: SourceWait, pipeline: SetUpFacts['pipeline']) => boolean;
  readonly says: (wait: SourceWait, holder: string) => string;
  readonly note: string;
  /** The same once it has ended in a failure: nobody waits any more. */
  readonly givenUp?: SetUpEntry['find'];
}

const LOCKED = {
  code: 'source-table-locked',
  title: 'Another session has locked a table of the source, and the snapshot waits for it.',
  docs: `${SERVER}/explicit-locking.html#LOCKING-TABLES`,
};

/** What a connector says that has waited for a minute and a half, and ends its task then: nobody waits any more. */
const GIVEN_UP =
  /Unable to create[^\n]*publication \S+ for ([^\n]+)\n[\s\S]*?query to create\/update publication timed out/;
/** With these of somebody else a publication can be made. */
const HARMLESS = ['AccessShareLock', 'RowShareLock', 'RowExclusiveLock'];

const tablesIn = (named = ''): readonly string[] => named.split(', ');

const locksOn = (tables: readonly string[]): string =>
  `pg_locks WHERE granted AND relation IN (${tables.map((table) => `${literal(table)}::regclass`).join(', ')}) AND mode NOT IN (${HARMLESS.map(literal).join(', ')})`;

const lockGivenUp = entryOf({
  ...LOCKED,
  pattern: GIVEN_UP,
  says: ([, named], { read }) => {
    const tables = tablesIn(named);
    return `${listed(tables)} ${tables.length === 1 ? 'was' : 'were'} locked at the source: ${read.name} has given up making its publication.`;
  },
  fix: ([, named]) => ({
    by: 'sql',
    at: 'the source, as a superuser, once it is known that nobody needs what these sessions have not committed',
    run: [`SELECT pg_terminate_backend(pid) FROM ${locksOn(tablesIn(named))}`],
  }),
  notes: ([, named]) => [
    `SELECT * FROM pg_stat_activity WHERE pid IN (SELECT pid FROM ${locksOn(tablesIn(named))}) says whose they are, where they have not ended by themselves`,
  ],
});

const KINDS: readonly Kind[] = [
  {
    ...LOCKED,
    givenUp: lockGivenUp.find,
    fits: ({ table }, { tables }) => table !== undefined && tables.includes(table),
    says: ({ table, application }, holder) =>
      `${table} is locked at the source by ${holder}: ${application} waits for it, and its snapshot does not go on.`,
    note: 'lock_timeout for whoever changes tables makes an ALTER TABLE or a LOCK give up in place of keeping others waiting',
  },
  {
    code: 'slot-waits',
    title: 'A replication slot is not complete before the transactions end that were open when it was made.',
    docs: `${SERVER}/logicaldecoding-explanation.html#LOGICALDECODING-REPLICATION-SLOTS`,
    fits: ({ table, statement }, { mark }) =>
      table === undefined && statement.includes('CREATE_REPLICATION_SLOT') && statement.split('"').includes(mark),
    says: ({ application }, holder) =>
      `The slot cannot be made while a transaction of ${holder} is open: ${application} waits for its end, and no snapshot begins.`,
    note: 'idle_in_transaction_session_timeout ends sessions that leave a transaction open',
  },
];

function waited({ fits, says, note }: Kind): SetUpEntry['find'] {
  return answered(
    ({ source }) => source,
    ({ capture }, place, { pipeline }): SetUpFound | undefined => {
      const waits = (capture?.waits ?? []).filter((wait) => wait.waitedMs >= WAITED_MS_MIN && fits(wait, pipeline));
      const [first] = waits;
      if (first === undefined) return undefined;
      const holders = [...new Map(waits.map(({ holder }) => [holder.pid, holder])).values()];
      const pids = holders.map(({ pid }) => pid);
      return {
        says: says(first, listed(holders.map((holder) => `process ${holder.pid} (${whose(holder)})`))),
        evidence: [
          `pg_locks at ${place.where}: ${first.application} has waited ${Math.floor(first.waitedMs / 1000)} s, for ${pids.length === 1 ? 'process' : 'processes'} ${pids.join(', ')}`,
          ...holders.map((holder) => told(holder, place)),
        ],
        fix: {
          by: 'sql',
          at: `the source ${place.where}, as ${first.holder.user} or a superuser, once it is known that nobody needs what it has not committed`,
          run: pids.map((pid) => `SELECT pg_terminate_backend(${pid})`),
        },
        notes: ['or have whoever it is end the transaction: COMMIT or ROLLBACK', note],
        check: [
          `SELECT pg_blocking_pids(pid) FROM pg_stat_activity WHERE application_name = ${literal(first.application)} gives {}`,
        ],
        certainty: 'shown',
      };
    },
  );
}

/** What a snapshot waits for at the source: it has not failed, and does not go on. */
export const WAITS: readonly SetUpEntry[] = KINDS.map((kind) => {
  const { code, title, docs, givenUp } = kind;
  const find = waited(kind);
  return { code, title, docs, find: (facts) => find(facts) ?? givenUp?.(facts) };
});
