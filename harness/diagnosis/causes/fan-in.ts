import type { CauseEntry } from '../entry.ts';
import { transformsOf } from '../reading.ts';

const TABLE_ROUTER = 'io.debezium.transforms.ByLogicalTableRouter';

const collide: CauseEntry = {
  code: 'fan-in-keys-collide',
  title:
    'Several source tables go to one table of the sink, their keys are equal, and their rows overwrite each other.',
  anomalies: ['lost', 'stale', 'corrupt', 'partial-transaction'],
  docs: 'https://debezium.io/documentation/reference/stable/transformations/topic-routing.html#by-logical-table-router-key-enforce-uniqueness',
  find(facts) {
    const hit = facts.findings.filter(({ collides }) => collides !== undefined);
    const [first] = hit;
    if (first === undefined) return undefined;
    const tables = new Set(hit.flatMap(({ table, collides }) => [table ?? '', collides ?? '']));
    const explains = facts.findings.filter(
      ({ anomaly, table, collides }) =>
        collides !== undefined ||
        (collide.anomalies.includes(anomaly) && anomaly !== 'lost' && tables.has(table ?? '')),
    );
    const unique = facts.sources.flatMap((source) =>
      transformsOf(source)
        .filter(({ type, get }) => type === TABLE_ROUTER && get('key.enforce.uniqueness') === 'false')
        .map(({ name }) => `${name('key.enforce.uniqueness')}=false in ${source.file}`),
    );
    return {
      says: `${[...tables].join(' and ')} go to one table of the sink, and their keys are equal: the sink keeps the row that was written last, and the other is lost.`,
      evidence: [
        `${hit.length} of the lost rows shown have a key that another source has, too: ${first.table} ${first.key} and ${first.collides}`,
        ...unique,
      ],
      remedy: [
        ...unique.map(
          (one) => `take ${one.replace('=false', '')} out (its default adds the source's table to the key)`,
        ),
        "add what tells the sources apart to the records' key (a tenant's column by message.key.columns, or InsertField$Key with a static field in each source connector), and to the sink's primary key",
        'give each source a table of its own at the sink, and a view over them',
      ],
      certainty: 'shown',
      explains,
    };
  },
};

export const FAN_IN: readonly CauseEntry[] = [collide];
