/**
 * A position of the transaction log as one number: where its transaction committed, where in it the row was changed, and which
 * of the events at that place it is. As numbers they sort as Debezium's connector reads them: by commit, change, serial number.
 */
export interface LogPosition {
  /** {@link lsnOf} of `source.commit_lsn`, `__$start_lsn`. */
  readonly commit: bigint;
  /** Of `source.change_lsn`, `__$seqval`; absent behind the transaction's last change. */
  readonly change?: bigint;
  /** `source.event_serial_no`, from 1 on. */
  readonly serial?: number;
}

/** An LSN has 10 bytes: the virtual log file's number, the block in it, the record in that. */
const LSN_BITS = 80;
const SERIAL_BITS = 32;
const LSN_MAX = 2n ** BigInt(LSN_BITS) - 1n;
const SERIAL_MAX = 2 ** SERIAL_BITS - 1;

/** Without a change: above all events of the transaction. */
export function packPosition({ commit, change, serial = 0 }: LogPosition): bigint {
  const inside = change ?? LSN_MAX;
  const place = change === undefined ? SERIAL_MAX : Math.min(serial, SERIAL_MAX);
  return (((commit << BigInt(LSN_BITS)) | inside) << BigInt(SERIAL_BITS)) | BigInt(place);
}

function unpackPosition(position: bigint): LogPosition {
  const lsns = position >> BigInt(SERIAL_BITS);
  const change = BigInt.asUintN(LSN_BITS, lsns);
  const commit = lsns >> BigInt(LSN_BITS);
  return change === LSN_MAX ? { commit } : { commit, change, serial: Number(BigInt.asUintN(SERIAL_BITS, position)) };
}

/** `00000027:00000ac0:0002`, as Debezium writes an LSN. */
const WRITTEN = '[0-9a-f]{8}:[0-9a-f]{8}:[0-9a-f]{4}';
const LSN = new RegExp(`^${WRITTEN}$`, 'i');
/** As the server gives its 10 bytes in SQL, and as a value's canonical text has them. */
const BYTES = /^(?:0x|\\x)([0-9a-f]{20})$/i;
const POSITION = new RegExp(`^(${WRITTEN})\\((${WRITTEN}),(\\d+)\\)$`, 'i');

/** An LSN as a number; undefined for what is none, such as Debezium's `NULL`. */
export function lsnOf(text: string | null | undefined): bigint | undefined {
  const written = text ?? '';
  const hex = LSN.test(written) ? written.replaceAll(':', '') : BYTES.exec(written)?.[1];
  return hex === undefined ? undefined : BigInt(`0x${hex}`);
}

/** An LSN as Debezium writes it. */
export function formatLsn(lsn: bigint): string {
  const hex = lsn.toString(16).padStart(LSN_BITS / 4, '0');
  return `${hex.slice(0, 8)}:${hex.slice(8, 16)}:${hex.slice(16)}`;
}

/** The LSN of the transaction's commit. */
export function commitOf(position: bigint): bigint {
  return unpackPosition(position).commit;
}

/** An LSN in SQL: 10 bytes. */
export function lsnLiteral(lsn: bigint): string {
  return `0x${lsn.toString(16).padStart(LSN_BITS / 4, '0')}`;
}

/** `00000027:00000ac0:0007` of a whole transaction; of an event with `(00000027:00000ac0:0002,2)` behind it. */
export function formatPosition(position: bigint): string {
  const { commit, change, serial } = unpackPosition(position);
  return change === undefined ? formatLsn(commit) : `${formatLsn(commit)}(${formatLsn(change)},${serial})`;
}

/** From the forms of {@link formatPosition}, an LSN's bytes, or the number as a sink keeps it, which may begin with zeros. */
export function parsePosition(text: string | null | undefined): bigint | undefined {
  const written = text ?? '';
  if (/^\d+$/.test(written)) return BigInt(written);
  const whole = lsnOf(written);
  if (whole !== undefined) return packPosition({ commit: whole });
  const [, commit, change, serial] = POSITION.exec(written) ?? [];
  const [at, inside] = [lsnOf(commit), lsnOf(change)];
  return at === undefined || inside === undefined
    ? undefined
    : packPosition({ commit: at, change: inside, serial: Number(serial) });
}
