import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { OperatorError } from './errors.ts';

/** What Node.js, the C library, Java and PostgreSQL say of a disk, or a quota, that is used up. */
const NO_ROOM = /\bENOSPC\b|\bEDQUOT\b|No space left on device|Disk quota exceeded|not enough (?:disk )?space/i;
/** PostgreSQL's SQLSTATE of it. */
const SQL_DISK_FULL = '53100';

/** Below so much a server may end at any moment: PostgreSQL alone takes 16 MB of write-ahead log at once. */
const LOW_MB = 32;
/** Enough for any one file of ours, where it is not known what else is needed. */
const WRITE_MB = 64;

/** A folder that is written to, and how much room is needed there. */
export interface Place {
  readonly path: string;
  readonly neededMb: number;
}

export function saysDiskFull(text: string): boolean {
  return NO_ROOM.test(text);
}

/** Whether an error, or one that it carries with it, says that a disk is full. */
export function isDiskFull(thrown: unknown, depth = 0): boolean {
  if (!(thrown instanceof Error) || depth > 8) return false;
  const { code, errors, error, suppressed } = thrown as Error & {
    code?: unknown;
    errors?: unknown[];
    error?: unknown;
    suppressed?: unknown;
  };
  if (code === 'disk-full' || code === 'ENOSPC' || code === 'EDQUOT' || code === SQL_DISK_FULL) return true;
  if (saysDiskFull(thrown.message)) return true;
  const carried = [thrown.cause, error, suppressed, ...(Array.isArray(errors) ? errors : [])];
  return carried.some((one) => isDiskFull(one, depth + 1));
}

/** The error for people where `thrown` says that a disk is full; `place` where it does not say which. */
export function asDiskFull(thrown: unknown, place?: Place): OperatorError | undefined {
  if (!isDiskFull(thrown)) return undefined;
  if (thrown instanceof OperatorError && thrown.code === 'disk-full') return thrown;
  const path = (thrown as NodeJS.ErrnoException).path ?? process.cwd();
  return diskFull(place ?? { path, neededMb: WRITE_MB }, thrown);
}

/** A disk is full: where, and how much is needed there. */
export function diskFull(place: Place, cause?: unknown): OperatorError {
  const free = freeMb(place.path);
  return new OperatorError({
    code: 'disk-full',
    message: `there is no room left on the disk at ${place.path}`,
    expected: `${place.neededMb} MB free`,
    found: free === undefined ? 'no room to write' : `${free} MB free`,
    hint: 'make room there, then run it again; df -h shows what is full',
    cause,
    exit: 3,
  });
}

/** Throws an OperatorError (`disk-full`) where there is too little room: better said before anything is started. */
export function requireRoom(places: readonly Place[]): void {
  for (const place of places)
    if ((freeMb(place.path) ?? Number.POSITIVE_INFINITY) < place.neededMb) throw diskFull(place);
}

/** Free space for this user where the path lies, or will lie, in MB; undefined where that cannot be known. */
export function freeMb(path: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(path);
    return Math.floor((bavail * bsize) / 1e6);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return missing && dirname(path) !== path ? freeMb(dirname(path)) : undefined;
  }
}

/** The first of the places that is nearly used up, as an error; undefined where there is room. */
export function fullPlace(places: readonly Place[]): OperatorError | undefined {
  const low = places.find(({ path }) => (freeMb(path) ?? Number.POSITIVE_INFINITY) < LOW_MB);
  return low === undefined ? undefined : diskFull(low);
}

export interface RoomWatch extends Disposable {
  /** Looks now. Remembers: what has been freed since by ending everything was full all the same. */
  look(): OperatorError | undefined;
}

const LOOK_MS = 250;

/**
 * Looks at the places' free space several times a second and tells once when one is nearly used up: servers that find
 * their disk full end in ways of their own, and what they do then says nothing of a pipeline.
 */
export function watchRoom(places: readonly Place[], onLow: (failure: OperatorError) => void): RoomWatch {
  let failure: OperatorError | undefined;
  const look = (): OperatorError | undefined => {
    if (failure !== undefined) return failure;
    failure = fullPlace(places);
    if (failure !== undefined) onLow(failure);
    return failure;
  };
  const timer = setInterval(look, LOOK_MS);
  timer.unref();
  return { look, [Symbol.dispose]: () => clearInterval(timer) };
}
