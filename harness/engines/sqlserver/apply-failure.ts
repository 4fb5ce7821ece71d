import type { SinkFailure } from '#engines/port/sink.ts';
import { Unstorable } from './input-text.ts';
import { isServerError } from './server-error.ts';

/** Messages of the server that the data causes: what a column or a constraint refuses. */
const DATA: ReadonlySet<number> = new Set([
  220, // arithmetic overflow error for data type
  241, // conversion failed when converting date and/or time
  242, // conversion resulted in an out-of-range value
  244, // conversion of a text overflowed an INT1 or INT2 column
  245, // conversion failed when converting a value to another type
  248, // conversion of a text overflowed an int column
  295, // conversion failed when converting to smalldatetime
  296, // the same, out of range
  515, // cannot insert the value NULL
  547, // conflict with a constraint
  2601, // duplicate key in a unique index
  2627, // violation of a primary key or unique constraint
  2628, // text or bytes would be truncated in table, column
  3621, // the statement has been terminated
  8114, // error converting data type
  8115, // arithmetic overflow error converting
  8152, // text or bytes would be truncated
  8169, // conversion failed when converting to uniqueidentifier
  9420,
  9402,
  9421,
  9455, // XML parsing
  13608,
  13609, // JSON text is not properly formatted
  16305, // RAISERROR of a check
  50000, // a trigger's own
]);

/** Messages that pass: locks, the server's limits, its going away. */
const PASSING: ReadonlySet<number> = new Set([
  596, // cannot continue, the session is in the kill state
  601, // could not continue scan with NOLOCK due to data movement
  701, // insufficient memory
  802, // insufficient memory in the buffer pool
  1105, // could not allocate space in a filegroup
  1204, // no locks left
  1205, // deadlock victim
  1222, // lock request time out
  3906, // the database is read-only, while a replica takes over
  3960, // snapshot isolation: update conflict
  4060, // the database cannot be opened
  6005, // shutdown is in progress
  8645, // time-out waiting for memory
  8651, // not enough memory for the query
  9001, // the log is not available
  9002, // the log is full
  10928,
  10929, // limits of a cloud database
  17142, // the service is paused
  18456, // a login is refused while the server starts
  40197,
  40501,
  40613, // a cloud database moves
  921,
  922,
  924,
  927,
  983, // the database has not been recovered yet, or is in single-user mode
]);

export function failureOf(error: unknown): SinkFailure {
  if (error instanceof Unstorable) return 'data';
  if (isServerError(error)) {
    if (DATA.has(error.number)) return 'data';
    // From 20 on the server closes the connection.
    return PASSING.has(error.number) || Number((error as { readonly class?: number }).class) >= 20
      ? 'unavailable'
      : 'other';
  }
  const { code } = error as { readonly code?: unknown };
  // The driver's own, and those of the operating system.
  if (typeof code === 'string')
    return /^E(SOCKET|TIMEOUT|CONN|NOTOPEN|INVALIDSTATE|ABORT|LOGIN|PIPE|HOST|NET)/.test(code)
      ? 'unavailable'
      : 'other';
  return error instanceof Error && /connection|timeout/i.test(error.message) ? 'unavailable' : 'other';
}
