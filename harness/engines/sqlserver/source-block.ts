import { fieldText, type SourceBlock, type SourceReader } from '#log/source-block.ts';
import { lsnOf, packPosition } from './position.ts';
import { SQLSERVER_SCHEMA } from './quote.ts';

/**
 * The `source` block of Debezium's SQL Server connector, as its documentation and its code (3.5) have it. Events of one
 * transaction have its `commit_lsn`; those of one place in it a serial number, of which an update takes two. A read of a
 * snapshot has the highest LSN that was captured when the snapshot began, and no `change_lsn`: its row has all changes of that
 * transaction and of all before it. One of an incremental snapshot has the position that the stream had reached.
 */
export const sourceBlock: SourceReader = {
  connectors: ['sqlserver'],
  fields: ['commit_lsn', 'change_lsn', 'event_serial_no', 'snapshot'],
  position(block) {
    const [commit, change] = [lsnOf(fieldText(block.commit_lsn)), lsnOf(fieldText(block.change_lsn))];
    if (commit === undefined) return undefined;
    return packPosition(change === undefined ? { commit } : { commit, change, serial: serialOf(block) });
  },
  transaction: (block) =>
    isRead(block) || lsnOf(fieldText(block.commit_lsn)) === undefined ? undefined : nameOf(block),
  table: ({ schema, table }) => `${fieldText(schema) ?? SQLSERVER_SCHEMA}.${table}`,
};

function nameOf(block: SourceBlock): string | undefined {
  return fieldText(block.commit_lsn)?.toLowerCase();
}

/** A number, or the text of one. */
function serialOf(block: SourceBlock): number {
  const serial = Number(fieldText(block.event_serial_no) ?? 0);
  return Number.isSafeInteger(serial) && serial > 0 ? serial : 0;
}

function isRead({ snapshot }: SourceBlock): boolean {
  return snapshot !== undefined && snapshot !== null && String(snapshot) !== 'false';
}
