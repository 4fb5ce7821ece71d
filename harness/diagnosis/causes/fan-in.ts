import type { CauseEntry } from '../entry.ts';
import { transformsOf } from '../reading.ts';

const TABLE_ROUTER = 'io.debezium.transforms.ByLogicalTableRouter';

const collide: CauseEntry = {
  code: 'fan-in-keys-collide',
  title: 'Several source tables are written to one table of the sink, and rows with the same key overwrite each other.',
  anomalies: ['lost', 'stale', 'corrupt', 'partial-transaction'],
  docs: 'https://debezium.io/documentation/reference/stable/transformations/topic-routing.html#by-logical-table-router-key-enforce-uniqueness',
  find(facts) {
    const hit = facts.findings.filter(({ collides }) => collides !== undefined);
    const [first] = hit;
    if (first === undefined) return undefined;
    const tables = new Set(hit.flatMap(({ table, collides }) => [table, collides]));
    const explains = facts.findings.filter(
      ({ anomaly, table, collides }) =>
        collides !== undefined || (collide.anomalies.includes(anomaly) && anomaly !== 'lost' && tables.has(table)),
    );
    const unique = facts.sources.flatMap((source) =>
      transformsOf(source)
        .filter(({ type, get }) => type === TABLE_ROUTER && get('key.enforce.uniqueness') === 'false')
        .map(({ name }) => ({ property: name('key.enforce.uniqueness'), file: source.file })),
    );
    return {
      says: `${[...tables].join(' and ')} are written to one table of the sink and have rows with the same key: the row that is written last replaces the other.`,
      evidence: [
        `lost rows shown whose key another source table has too: ${hit.length}, for example ${first.key} of ${first.table} and ${first.collides}`,
        ...unique.map(({ property, file }) => `${property}=false in ${file}`),
      ],
      remedy: [
        ...unique.map(
          ({ property, file }) => `in ${file}: remove ${property} (by default the source table is added to the key)`,
        ),
        "add a column that identifies the source to the records' key (message.key.columns with a tenant column, or InsertField$Key with a static field in each source connector) and to the sink's primary key",
        'write each source to a table of its own at the sink, and create a view over these tables',
      ],
      certainty: 'shown',
      explains,
    };
  },
};

export const FAN_IN: readonly CauseEntry[] = [collide];
