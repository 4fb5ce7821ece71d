import { nameList, withoutLab } from '#engines/debezium.ts';
import type { SourceConfigOptions } from '#engines/port/source.ts';
import type { StreamPort } from '#engines/port/stream.ts';
import { sourceConnectorConfig } from '../connectors.ts';
import { dropSlot, isSlotActive, whySlotGone } from './slot.ts';

/** A slot and a publication, made with the moment, are where a stream begins. */
export const stream: StreamPort = {
  // The slot that is made with the moment needs all of it, and the server says itself what it lacks.
  require: async () => {},
  whyGone: (url, { name }) => whySlotGone(url, name),
  isRead: isSlotActive,
  keeps: (name) => `the slot ${name} keeps the source's log meanwhile`,
  async drop(url, name) {
    await dropSlot(url, name);
    return `the slot and the publication ${name}`;
  },
  config: streamConfig,
};

/**
 * Without a snapshot and without offsets the connector begins where its slot does. A slot or a
 * publication that is missing would be made anew, behind changes that nobody has read: the publication is at least not.
 */
function streamConfig(options: SourceConfigOptions): Record<string, string> {
  const { prefix, tables } = options;
  return {
    ...withoutLab(sourceConnectorConfig({ ...options, snapshot: 'no_data' })),
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
