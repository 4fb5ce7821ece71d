import { fieldText, type SourceBlock, type SourceReader } from '#log/source-block.ts';

/**
 * The `source` block of Debezium's PostgreSQL connector. Which LSN an event carries: a change its own record's LSN in the
 * WAL; a read of a snapshot the position of the log at which the snapshot was taken; a read of an incremental snapshot has
 * none in `source.lsn`, so it gets the position that the stream had reached when the chunk was emitted (`source.sequence`).
 * All changes that stand before a read in the topic are contained in it. But a read's LSN is no bound for changes that
 * come after it: a transaction that was in progress when the snapshot was taken has written its changes at lower LSNs and
 * commits later.
 */
export const sourceBlock: SourceReader = {
  connectors: ['postgresql'],
  fields: ['lsn', 'txId'],
  position,
  transaction: ({ txId }) => fieldText(txId),
  table: ({ schema, table }) => `${schema}.${table}`,
};

function position({ lsn, sequence }: SourceBlock): bigint | undefined {
  if (Number.isSafeInteger(lsn)) return BigInt(lsn as number);
  const text = fieldText(lsn);
  if (text !== undefined) return /^\d+$/.test(text) ? BigInt(text) : undefined;
  if (typeof sequence !== 'string') return undefined;
  // `["<LSN of the last commit>","<LSN of the last record>"]`, either of which may be null. The greater of the two lies
  // at or above every change that stands before the read: a record of an open transaction may lie below the last commit.
  const positions = (JSON.parse(sequence) as (string | null)[]).flatMap((one) => (one === null ? [] : [BigInt(one)]));
  return positions.reduce<bigint | undefined>((max, one) => (max === undefined || one > max ? one : max), undefined);
}
