import type { DiagnosisFacts } from '#model/cause.ts';
import type { OwnConnector } from '#model/pipeline.ts';
import { stands } from '../dialect.ts';
import type { CauseEntry } from '../entry.ts';
import { property, uncaptured } from '../property.ts';
import { ofSource } from '../reading.ts';

const DEBEZIUM_PG = 'https://debezium.io/documentation/reference/stable/connectors/postgresql.html';
const WAL = `${DEBEZIUM_PG}#postgresql-wal-disk-space`;
const VIEW = 'https://www.postgresql.org/docs/current/view-pg-replication-slots.html';

export function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** Slots that hold back most of what was written though their connector ran, and what is known of them. */
function unbounded({
  sourceLog,
}: DiagnosisFacts): { readonly slots: string; readonly evidence: readonly string[] } | undefined {
  if (sourceLog === undefined) return undefined;
  const slots = sourceLog.slots.filter(({ slot }) => sourceLog.unbounded.includes(slot));
  if (slots.length === 0) return undefined;
  return {
    slots: slots.map(({ slot }) => slot).join(', '),
    evidence: slots.map(
      ({ slot, unconfirmedBytes }) =>
        `of the ${megabytes(sourceLog.writtenBytes)} of WAL that the source wrote, the last ${megabytes(unconfirmedBytes)} are not confirmed in the slot ${slot}`,
    ),
  };
}

/** What a connector lacks in order to write to a table that it captures: only that lets its position follow a busy server. */
export function lacksForHeartbeat(source: Pick<OwnConnector, 'file' | 'config'>): string[] {
  const { config } = source;
  return [
    ...(Number(config['heartbeat.interval.ms'] ?? 0) > 0 ? [] : [stands(source, 'heartbeat.interval.ms', '0')]),
    ...(config['heartbeat.action.query'] === undefined ? [`heartbeat.action.query is not set in ${source.file}`] : []),
  ];
}

function beats({ sources }: DiagnosisFacts): boolean {
  return sources.some((source) => lacksForHeartbeat(source).length === 0);
}

const slotOf = ({ config }: OwnConnector): string => config['slot.name'] ?? 'debezium';

const heartbeat: CauseEntry = {
  code: 'heartbeat-missing',
  title: "The captured tables are idle, the connector sends no heartbeat, and the source's WAL grows without bound.",
  anomalies: [],
  docs: WAL,
  warns: true,
  find(facts) {
    const grows = unbounded(facts);
    if (grows === undefined || beats(facts)) return undefined;
    return {
      says: `The source's WAL grows without bound behind the slot ${grows.slots}: no captured table was written, so the connector had no position to confirm, and it sends no heartbeat.`,
      evidence: [...grows.evidence, ...facts.sources.flatMap(lacksForHeartbeat)],
      remedy: [
        `in ${facts.sources.map(({ file }) => file).join(', ') || 'the source connector'}: heartbeat.interval.ms, and heartbeat.action.query with a write to a captured table`,
        'at the source: max_slot_wal_keep_size, which limits the WAL (a slot that falls behind the limit is lost)',
      ],
      certainty: 'shown',
      explains: [],
    };
  },
};

const grows: CauseEntry = {
  code: 'slot-wal-grows',
  title:
    "The connector does not confirm what it has captured, and the source's WAL grows without bound behind its slot.",
  anomalies: [],
  docs: WAL,
  warns: true,
  find(facts) {
    const found = unbounded(facts);
    if (found === undefined || !beats(facts)) return undefined;
    return {
      says: `The source's WAL grows without bound behind the slot ${found.slots}, although the connector sends a heartbeat.`,
      evidence: found.evidence,
      remedy: [
        "check that the heartbeat's table is in the publication and that heartbeat.action.query succeeds (see the worker's log)",
        'check that Connect can commit offsets: only committed positions are confirmed in the slot',
      ],
      certainty: 'shown',
      explains: [],
    };
  },
};

const inactive: CauseEntry = {
  code: 'slot-inactive',
  title: 'A replication slot without a consumer keeps the source from removing WAL.',
  anomalies: [],
  docs: VIEW,
  warns: true,
  find({ source, sources }) {
    const own = new Set(sources.map(slotOf));
    const idle = source?.slots.filter(({ name, active, grew }) => !active && grew && !own.has(name)) ?? [];
    if (sources.length === 0 || idle.length === 0) return undefined;
    return {
      says: `${idle.length === 1 ? 'A replication slot has' : 'Replication slots have'} no consumer, so the source keeps WAL without bound: ${idle.map(({ name }) => name).join(', ')}.`,
      evidence: idle.map(
        ({ name, retainedBytes, walStatus }) =>
          `pg_replication_slots: ${name} is not active, retains ${megabytes(retainedBytes)} of WAL and grows (wal_status ${walStatus})`,
      ),
      remedy: idle.map(
        ({ name }) => `at the source: SELECT pg_drop_replication_slot('${name}'); if its consumer is gone for good`,
      ),
      certainty: 'shown',
      explains: [],
    };
  },
};

const lost = property(
  {
    code: 'slot-lost',
    title: 'The source has removed WAL that the slot still needed (max_slot_wal_keep_size).',
    anomalies: ['stalled', 'lost', 'stale', 'orphan'],
    docs: VIEW,
  },
  (connector, facts) => {
    const gone = facts.source?.slots.some(({ name, walStatus }) => name === slotOf(connector) && walStatus === 'lost');
    return gone === true ? uncaptured(facts, 'stalled', 'lost', 'stale', 'orphan') : undefined;
  },
  (connector, { source }) => {
    const name = slotOf(connector);
    const limit = source?.settings.max_slot_wal_keep_size;
    return {
      says: `The replication slot ${name} is lost: the source has removed WAL that the connector had not read yet.`,
      evidence: [
        `pg_replication_slots: wal_status of ${name} is lost`,
        ...(limit === undefined ? [] : [`max_slot_wal_keep_size is ${limit}`]),
      ],
      remedy: [
        `at the source: SELECT pg_drop_replication_slot('${name}'); then let the connector take a new snapshot, and reload tables from which rows were deleted meanwhile`,
        "at the source: a larger max_slot_wal_keep_size, with an alert on the slot's lag",
      ],
      certainty: 'shown',
    };
  },
);

const dropped = property(
  {
    code: 'slot-dropped-on-stop',
    title: 'slot.drop.on.stop=true: changes made while the connector is stopped are never captured.',
    anomalies: ['lost', 'stale', 'orphan'],
    docs: `${DEBEZIUM_PG}#postgresql-property-slot-drop-on-stop`,
  },
  ({ config }, facts) =>
    config['slot.drop.on.stop'] === 'true'
      ? uncaptured(
          facts,
          ...(['lost', 'stale', 'orphan', 'corrupt', 'missing-column', 'resurrected', 'partial-transaction'] as const),
        )
      : undefined,
  ({ file }) => ({
    says: `slot.drop.on.stop=true in ${file}: a graceful stop drops the replication slot, and changes made before the connector runs again are never captured.`,
    evidence: [`slot.drop.on.stop=true in ${file}`],
    remedy: [`in ${file}: slot.drop.on.stop=false`],
  }),
);

const shared: CauseEntry = {
  code: 'slot-shared',
  title: 'Two connectors share a replication slot, which has one consumer and one position.',
  anomalies: ['stalled', 'lost', 'stale', 'orphan'],
  docs: `${DEBEZIUM_PG}#postgresql-property-slot-name`,
  find(facts) {
    const lost = uncaptured(facts, ...shared.anomalies);
    const found = [...Map.groupBy(facts.sources, slotOf)].flatMap(([slot, sharing]) => {
      const explains = [...new Set(sharing.flatMap((source) => ofSource(source, lost)))];
      return sharing.length > 1 && explains.length > 0 ? [{ slot, sharing, explains }] : [];
    });
    const [first] = found;
    if (first === undefined) return undefined;
    const { slot, sharing, explains } = first;
    const files = sharing.map(({ file }) => file).join(' and ');
    return {
      says: `${files} share the replication slot ${slot}: a slot has one consumer and one position, so the second connector fails to start or takes changes from the first.`,
      evidence: sharing.map((one) => stands(one, 'slot.name', 'debezium')),
      remedy: ['give each connector its own slot.name and publication.name'],
      certainty: 'shown',
      explains,
    };
  },
};

export const SLOTS: readonly CauseEntry[] = [shared, lost, dropped, heartbeat, grows, inactive];
