import type { SinkFailure } from '#engines/port/sink.ts';
import { Unstorable } from './input-text.ts';

/** A row came about between two statements of an upsert; the transaction can be tried again. */
export class LostRace extends Error {
  override readonly name = 'LostRace';
}

/** Errors of the server that the data causes: what a column or a constraint refuses. */
const DATA: ReadonlySet<number> = new Set([
  1048, // ER_BAD_NULL_ERROR
  1062, // ER_DUP_ENTRY
  1153, // ER_NET_PACKET_TOO_LARGE: one value alone is longer than a statement may be
  1169, // ER_DUP_UNIQUE
  1216, // ER_NO_REFERENCED_ROW
  1217, // ER_ROW_IS_REFERENCED
  1264, // ER_WARN_DATA_OUT_OF_RANGE
  1265, // WARN_DATA_TRUNCATED
  1292, // ER_TRUNCATED_WRONG_VALUE
  1364, // ER_NO_DEFAULT_FOR_FIELD
  1366, // ER_TRUNCATED_WRONG_VALUE_FOR_FIELD
  1367, // ER_ILLEGAL_VALUE_FOR_TYPE
  1406, // ER_DATA_TOO_LONG
  1411, // ER_WRONG_VALUE_FOR_TYPE
  1416, // ER_CANT_CREATE_GEOMETRY_OBJECT
  1451, // ER_ROW_IS_REFERENCED_2
  1452, // ER_NO_REFERENCED_ROW_2
  1525, // ER_WRONG_VALUE
  1526, // ER_NO_PARTITION_FOR_GIVEN_VALUE
  1644, // ER_SIGNAL_EXCEPTION, of a trigger
  1690, // ER_DATA_OUT_OF_RANGE
  3140, // ER_INVALID_JSON_TEXT
  3819, // ER_CHECK_CONSTRAINT_VIOLATED
  3854, // ER_CANNOT_CONVERT_STRING
  4025, // ER_CONSTRAINT_FAILED
]);

/** Errors that pass: locks, the server's limits, its going away. */
const PASSING: ReadonlySet<number> = new Set([
  1021, // ER_DISK_FULL
  1040, // ER_CON_COUNT_ERROR
  1041, // ER_OUT_OF_RESOURCES
  1053, // ER_SERVER_SHUTDOWN
  1114, // ER_RECORD_FILE_FULL
  1129, // ER_HOST_IS_BLOCKED
  1158, // ER_NET_READ_ERROR
  1159, // ER_NET_READ_INTERRUPTED
  1160, // ER_NET_ERROR_ON_WRITE
  1161, // ER_NET_WRITE_INTERRUPTED
  1203, // ER_TOO_MANY_USER_CONNECTIONS
  1205, // ER_LOCK_WAIT_TIMEOUT
  1213, // ER_LOCK_DEADLOCK
  1290, // ER_OPTION_PREVENTS_STATEMENT: read_only, while a replica takes over
  1317, // ER_QUERY_INTERRUPTED
  1836, // ER_READ_ONLY_MODE
  1927, // ER_CONNECTION_KILLED
  1969, // ER_STATEMENT_TIMEOUT
  3024, // ER_QUERY_TIMEOUT
  4031, // ER_CLIENT_INTERACTION_TIMEOUT
]);

export function failureOf(error: unknown): SinkFailure {
  if (error instanceof Unstorable) return 'data';
  if (error instanceof LostRace) return 'unavailable';
  const { errno, code } = error as { readonly errno?: unknown; readonly code?: unknown };
  if (typeof errno === 'number' && errno > 0) {
    if (DATA.has(errno)) return 'data';
    return PASSING.has(errno) ? 'unavailable' : 'other';
  }
  // The driver's own, and those of the operating system: PROTOCOL_CONNECTION_LOST, ECONNREFUSED.
  if (typeof code === 'string') return /^(PROTOCOL_|E[A-Z]+$)/.test(code) ? 'unavailable' : 'other';
  return error instanceof Error && /connection|timeout/i.test(error.message) ? 'unavailable' : 'other';
}
