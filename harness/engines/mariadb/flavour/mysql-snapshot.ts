import { OperatorError } from '#std/errors.ts';
import type { Session } from '../client.ts';
import { fileNumber, packPosition } from '../position.ts';

type Run = Session['run'];

/** Attempts without a lock. One of them needs that nobody commits for about a millisecond. */
const ATTEMPTS_MAX = 200;

/**
 * A snapshot and its position, which MySQL tells of none. A transaction is first written to the log, then committed, and owns
 * its GTID until both have been done. So a snapshot holds exactly what lies below a position if, in this order, the position
 * is read, no GTID is owned, the snapshot is taken, and the position is the same as before: what lies below had been
 * committed, and nothing had been added. Where commits come too thick for that, they are held up for a moment.
 */
export async function beginSnapshot(run: Run): Promise<bigint> {
  const byGtid = (await run('SELECT @@GLOBAL.gtid_mode, @@GLOBAL.log_bin')).rows[0];
  if (byGtid?.[1] !== '1') {
    await begin(run);
    return 0n;
  }
  for (let attempt = 0; byGtid[0] === 'ON' && attempt < ATTEMPTS_MAX; attempt += 1) {
    const before = await logEnd(run);
    const { rows } = await run('SELECT @@GLOBAL.gtid_owned');
    if (rows[0]?.[0] !== '') continue;
    await begin(run);
    if ((await logEnd(run)) === before) return before;
    await run('ROLLBACK');
  }
  return lockedSnapshot(run);
}

async function begin(run: Run): Promise<void> {
  await run('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
  await run('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
}

/** Longest time to wait for the lock: behind whoever waits for it, others wait as well. */
const LOCK_SECONDS = 2;
const LOCK_TIMEOUT = 1205;

/** With a lock that lets nobody commit, as mysqldump takes one. */
async function lockedSnapshot(run: Run): Promise<bigint> {
  await run(`SET lock_wait_timeout = ${LOCK_SECONDS}`);
  try {
    await run('FLUSH TABLES WITH READ LOCK');
    await begin(run);
    const position = await logEnd(run);
    await run('UNLOCK TABLES');
    return position;
  } catch (cause) {
    if ((cause as { readonly errno?: number }).errno !== LOCK_TIMEOUT) throw cause;
    throw new OperatorError({
      code: 'no-snapshot',
      message: 'no consistent snapshot of this server came about',
      expected: `a moment without a commit, or FLUSH TABLES WITH READ LOCK within ${LOCK_SECONDS} s`,
      found: `commits without a pause in ${ATTEMPTS_MAX} attempts, and statements that hold their tables longer`,
      hint: 'SHOW PROCESSLIST shows statements that run for long; write less at once',
      cause,
      exit: 3,
    });
  } finally {
    await run('SET lock_wait_timeout = DEFAULT');
  }
}

const NO_SUCH_SYNTAX = 1064;

/** Where the log ends, in whole groups of transactions. */
async function logEnd(run: Run): Promise<bigint> {
  const { rows } = await run('SHOW BINARY LOG STATUS').catch((error: unknown) => {
    if ((error as { readonly errno?: number }).errno !== NO_SUCH_SYNTAX) throw error;
    // Before 8.2.
    return run('SHOW MASTER STATUS');
  });
  const [file, offset] = rows[0] ?? [];
  return packPosition({ file: fileNumber(file) ?? 0, offset: Number(offset) });
}
