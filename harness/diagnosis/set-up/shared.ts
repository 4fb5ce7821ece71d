import type { Shared } from '#model/set-up.ts';
import { listed, type SetUpEntry, type SetUpFound } from './entry.ts';
import { GROUPS, type Side } from './traces.ts';

const DEBEZIUM = 'https://debezium.io/documentation/reference/stable/connectors/postgresql.html';
const KAFKA = 'https://kafka.apache.org/documentation';

const TOLD: Readonly<Record<Shared['what'], { readonly says: string; readonly property: string }>> = {
  slot: {
    says: 'a replication slot has one reader at a time, and what one of them has confirmed the other one never gets',
    property: 'slot.name',
  },
  group: {
    says: 'each gets a part of the partitions, and applies no record of the others',
    property: 'consumer.override.group.id',
  },
};

function sharedEntry(side: Side, what: Shared['what'], entry: Omit<SetUpEntry, 'find'>): SetUpEntry {
  return {
    ...entry,
    find(facts): SetUpFound | undefined {
      const group = GROUPS[side](facts);
      if (group === undefined || !('read' in group)) return undefined;
      const { name, shared = [] } = group.read;
      const found = shared.find((one) => one.what === what);
      if (found === undefined) return undefined;
      const { says, property } = TOLD[what];
      return {
        says: `${name} and ${listed(found.with)} have the same ${what}, ${found.name}: ${says}.`,
        evidence: [name, ...found.with].map(
          (one) => `GET ${group.place.where}/connectors/${one}/config: its ${what} is ${found.name}`,
        ),
        fix: { by: 'hand', at: `the configuration of ${name}`, run: [`${property}=…, a name of its own`] },
        notes: [
          ...(what === 'slot'
            ? [
                'a slot that is made now has nothing of what was committed before: delete the offsets of its connector as well, for a snapshot',
              ]
            : []),
          'compare source and target with driftlab reconcile: what one of them has taken the other one lacks',
        ],
        certainty: 'shown',
      };
    },
  };
}

/** What connectors of one cluster take from each other. */
export const SHARED: readonly SetUpEntry[] = [
  sharedEntry('source', 'slot', {
    code: 'connectors-share-slot',
    title: 'Two source connectors of the cluster read one replication slot.',
    docs: `${DEBEZIUM}#postgresql-property-slot-name`,
  }),
  sharedEntry('sink', 'group', {
    code: 'connectors-share-group',
    title: 'Two sink connectors of the cluster are in one consumer group.',
    docs: `${KAFKA}/#connect_running`,
  }),
];
