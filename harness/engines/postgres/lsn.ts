/**
 * An LSN as a number of bytes since the log's beginning, from PostgreSQL's own form (`0/16B3748`) or from the decimal
 * form that Debezium sends. Undefined for anything else.
 */
export function parseLsn(text: string | null | undefined): bigint | undefined {
  if (text === null || text === undefined) return undefined;
  if (/^\d+$/.test(text)) return BigInt(text);
  const parts = /^([0-9a-f]{1,8})\/([0-9a-f]{1,8})$/i.exec(text);
  if (parts === null) return undefined;
  return (BigInt(`0x${parts[1]}`) << 32n) | BigInt(`0x${parts[2]}`);
}

/** PostgreSQL's own form of an LSN: `0/16B3748`. */
export function formatLsn(lsn: bigint): string {
  return `${(lsn >> 32n).toString(16)}/${(lsn & 0xffffffffn).toString(16)}`.toUpperCase();
}
