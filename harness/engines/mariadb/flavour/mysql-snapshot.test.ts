import { expect, test } from 'vitest';
import type { Result } from '../client.ts';
import { formatPosition } from '../position.ts';
import { beginSnapshot } from './mysql-snapshot.ts';

const BEGIN = 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY';
const LOCK = 'FLUSH TABLES WITH READ LOCK';

interface Script {
  /** The offset at which the log ends, by how often it was asked. */
  readonly ends: (asked: number) => number;
  readonly owned?: (asked: number) => string;
  readonly mode?: string;
  readonly lock?: Error;
  /** Before 8.2 the log's end has another name. */
  readonly old?: boolean;
}

/** A server of so many words, and the statements that it was told. */
function server({ ends, owned = () => '', mode = 'ON', lock, old = false }: Script) {
  const told: string[] = [];
  const asked = { end: 0, owned: 0 };
  const answer = (...row: string[]): Result => ({ columns: [], rows: [row] });
  const run = async (sql: string): Promise<Result> => {
    if (sql.includes('gtid_mode')) return answer(mode, '1');
    if (sql.includes('gtid_owned')) return answer(owned(asked.owned++));
    if (sql === 'SHOW BINARY LOG STATUS' && old) throw Object.assign(new Error('syntax'), { errno: 1064 });
    if (/STATUS$/.test(sql)) return answer('mysql-bin.000003', String(ends(asked.end++)));
    told.push(sql);
    if (sql === LOCK && lock !== undefined) throw lock;
    return { columns: [], rows: [] };
  };
  const begun = () => beginSnapshot(run).then((position) => formatPosition(position, 'mysql-bin'));
  return { told, begun };
}

test.each([false, true])('where nobody commits, no lock is taken (a server from before 8.2: %s)', async (old) => {
  const { begun, told } = server({ ends: () => 700, old });
  expect(await begun()).toBe('mysql-bin.000003:700');
  expect(told.at(-1)).toBe(BEGIN);
  expect(told).not.toContain(LOCK);
});

test('a snapshot beside which a transaction was logged is taken anew', async () => {
  // Logged between the first two looks, and never again.
  const { begun, told } = server({ ends: (asked) => (asked === 0 ? 700 : 900) });
  expect(await begun()).toBe('mysql-bin.000003:900');
  expect(told.filter((sql) => sql === BEGIN || sql === 'ROLLBACK')).toEqual([BEGIN, 'ROLLBACK', BEGIN]);
});

test('none is taken while a transaction is logged, but not committed yet', async () => {
  const { begun, told } = server({ ends: () => 700, owned: (asked) => (asked < 3 ? 'u:5#8' : '') });
  expect(await begun()).toBe('mysql-bin.000003:700');
  expect(told.filter((sql) => sql === BEGIN)).toHaveLength(1);
});

test.each([
  ['commits come without a pause', { ends: (asked: number) => asked }],
  ['transactions have no GTIDs', { ends: () => 700, mode: 'OFF_PERMISSIVE' }],
])('where %s, they are held up for a moment', async (_, script) => {
  const { begun, told } = server(script);
  await begun();
  const from = told.lastIndexOf(LOCK);
  expect(told.slice(from)).toEqual([
    LOCK,
    'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ',
    BEGIN,
    'UNLOCK TABLES',
    'SET lock_wait_timeout = DEFAULT',
  ]);
});

test('a lock that does not come in time is an error with what to look at', async () => {
  const lock = Object.assign(new Error('Lock wait timeout exceeded'), { errno: 1205 });
  const { begun } = server({ ends: (asked) => asked, lock });
  await expect(begun()).rejects.toMatchObject({ code: 'no-snapshot', exit: 3, hint: /SHOW PROCESSLIST/ });
});
