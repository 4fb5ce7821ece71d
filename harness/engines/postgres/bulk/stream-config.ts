import { nameList } from '#engines/debezium.ts';
import type { SourceConfigOptions } from '#engines/port/source.ts';
import { sourceConnectorConfig } from '../connectors.ts';

/** What the lab alone asks of a connector: there is no signal table in a database of somebody's. */
const OF_THE_LAB = /^(signal|notification|incremental)\./;

/**
 * See {@link BulkPort.streamConfig}. Without a snapshot and without offsets the connector begins where its slot does. A slot or a
 * publication that is missing would be made anew, behind changes that nobody has read: the publication is at least not.
 */
export function streamConfig(options: SourceConfigOptions): Record<string, string> {
  const { prefix, tables } = options;
  const own = Object.entries(sourceConnectorConfig({ ...options, snapshot: 'no_data' }));
  return {
    ...Object.fromEntries(own.filter(([name]) => !OF_THE_LAB.test(name))),
    'slot.name': prefix,
    'publication.name': prefix,
    'publication.autocreate.mode': 'disabled',
    'table.include.list': nameList(tables),
    // The sink deletes by the event itself. A tombstone behind it would be read, warned about and ignored.
    'tombstones.on.delete': 'false',
    // A long value that an update leaves as it is is not in the log: it is read from the source again.
    'post.processors': 'reselector',
    'reselector.type': 'io.debezium.processors.reselect.ReselectColumnsPostProcessor',
    'reselector.reselect.null.values': 'false',
  };
}
