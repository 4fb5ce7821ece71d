import { fieldText, type SourceBlock, type SourceReader } from '#log/source-block.ts';
import type { Flavour } from './flavour.ts';
import { fileNumber, packPosition } from './position.ts';
import { MARIADB_SCHEMA } from './quote.ts';

export const SOURCE_FIELDS = ['file', 'pos', 'gtid', 'snapshot'];

/**
 * The `source` block of Debezium's MariaDB and MySQL connectors (seen on 3.5.0). `file` and `pos` name where the event's
 * transaction starts, the same for all of its events, and `row` counts within one binlog event alone: their order is told
 * by `transaction.total_order`, which `provide.transaction.metadata` adds. A read of a snapshot has the position at which
 * the snapshot was taken, where the next transaction starts; one of an incremental snapshot that which the stream had
 * reached. Both lie below the events of the transaction that starts there.
 */
export const sourceBlockOf = ({ name }: Pick<Flavour['connect'], 'name'>): SourceReader => ({
  connectors: [name],
  fields: SOURCE_FIELDS,
  position(block, order) {
    const [file, offset] = [fileNumber(block.file), Number(fieldText(block.pos))];
    if (file === undefined || !Number.isSafeInteger(offset)) return undefined;
    return packPosition({ file, offset, order: isRead(block) ? 0 : (order ?? 1) });
  },
  // A read of an incremental snapshot has the transaction that the stream had reached.
  transaction: (block) => (isRead(block) ? undefined : fieldText(block.gtid)),
  table: ({ table }) => `${MARIADB_SCHEMA}.${table}`,
});

function isRead({ snapshot }: SourceBlock): boolean {
  return snapshot !== undefined && snapshot !== null && snapshot !== 'false';
}
