/** An error of the server's, as the driver has it. */
export interface ServerError extends Error {
  /** The driver's: `EREQUEST`, `ELOGIN`, `ESOCKET`. */
  readonly code?: string;
  /** The server's own number, of `sys.messages`. */
  readonly number?: number;
  readonly state?: number;
  /** How severe it is: from 20 on the server closes the connection. */
  readonly class?: number;
  readonly precedingErrors?: readonly ServerError[];
}

/** What says only that something before it failed: of several errors the server sends these last. */
const FOLLOWING: ReadonlySet<number> = new Set([
  1750, // could not create constraint or index; see previous errors
  3013, // BACKUP or RESTORE is terminating abnormally
  3621, // the statement has been terminated
  5069, // ALTER DATABASE statement failed
  22830, // could not update the metadata that indicates that the database is enabled for CDC
  22832, // the same of a table
  22908, // could not create the objects of CDC; refer to previous errors
]);

/** Of the errors of one batch the one that says why. */
export function tellingError(error: unknown): unknown {
  const { number, precedingErrors } = error as ServerError;
  if (number === undefined || !FOLLOWING.has(number)) return error;
  return precedingErrors?.findLast((one) => one.number !== undefined && !FOLLOWING.has(one.number)) ?? error;
}

/** True for what the server itself says of a statement; a connection that broke says nothing of the kind. */
export function isServerError(error: unknown): error is ServerError & { readonly number: number } {
  return error instanceof Error && typeof (error as ServerError).number === 'number';
}
