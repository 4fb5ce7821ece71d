/**
 * A position of the binary log as one number: the file's number, the offset in it, and the event's place in its transaction.
 * Debezium names an event by the offset at which its *transaction* starts, so the place tells a transaction's events apart;
 * with 0 it is the offset itself, which lies below all events of the transaction that starts there.
 */
export interface BinlogPosition {
  /** `000003` of `mariadb-bin.000003`. */
  readonly file: number;
  readonly offset: number;
  /** From 1 on; 0 for the offset itself. */
  readonly order?: number;
}

/** A file's size may pass `max_binlog_size` (1 GiB at most) by a transaction. */
const OFFSET_BITS = 32n;
const ORDER_BITS = 24n;
const ORDER_MAX = (1 << 24) - 1;

export function packPosition({ file, offset, order = 0 }: BinlogPosition): bigint {
  // Behind 16 million events of one transaction the order of changes of one row is not told any more.
  return (((BigInt(file) << OFFSET_BITS) | BigInt(offset)) << ORDER_BITS) | BigInt(Math.min(order, ORDER_MAX));
}

export function unpackPosition(position: bigint): Required<BinlogPosition> {
  const place = position >> ORDER_BITS;
  return {
    file: Number(place >> OFFSET_BITS),
    offset: Number(BigInt.asUintN(Number(OFFSET_BITS), place)),
    order: Number(BigInt.asUintN(Number(ORDER_BITS), position)),
  };
}

/** The number of a binlog file; undefined for what is none. */
export function fileNumber(name: unknown): number | undefined {
  const digits = /\.(\d+)$/.exec(String(name))?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** `mariadb-bin.000003:1234`, with the event's place in its transaction behind a `#`. The file's base name is not kept. */
export function formatPosition(position: bigint, logName = 'mariadb-bin'): string {
  const { file, offset, order } = unpackPosition(position);
  return `${logName}.${String(file).padStart(6, '0')}:${offset}${order === 0 ? '' : `#${order}`}`;
}

/** From the form of {@link formatPosition}, or the number as a sink keeps it. */
export function parsePosition(text: string | null | undefined): bigint | undefined {
  // The words `null` and `undefined` have neither form.
  const written = String(text);
  if (/^\d+$/.test(written)) return BigInt(written);
  const parts = /\.(\d+):(\d+)(?:#(\d+))?$/.exec(written);
  if (parts === null) return undefined;
  const [, file, offset, order = 0] = parts;
  return packPosition({ file: Number(file), offset: Number(offset), order: Number(order) });
}
