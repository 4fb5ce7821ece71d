import type { DiagnosisFacts } from '#model/cause.ts';
import type { CauseEntry } from '../entry.ts';
import { property, uncaptured } from '../property.ts';
import { ofSource } from '../reading.ts';

const DEBEZIUM_PG = 'https://debezium.io/documentation/reference/stable/connectors/postgresql.html';
const WAL = `${DEBEZIUM_PG}#postgresql-wal-disk-space`;
const VIEW = 'https://www.postgresql.org/docs/current/view-pg-replication-slots.html';

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** Slots that hold back most of what was written though their connector ran, and what is known of them. */
function unbounded({
  sourceLog,
}: DiagnosisFacts): { readonly slots: string; readonly evidence: readonly string[] } | undefined {
  const slots = sourceLog?.slots.filter(({ slot }) => sourceLog.unbounded.includes(slot)) ?? [];
  if (sourceLog === undefined || slots.length === 0) return undefined;
  return {
    slots: slots.map(({ slot }) => slot).join(', '),
    evidence: slots.map(
      ({ slot, unconfirmedBytes }) =>
        `of ${megabytes(sourceLog.writtenBytes)} of log that the source wrote, the connector could not confirm the last ${megabytes(unconfirmedBytes)} to its slot ${slot}`,
    ),
  };
}

/** Whether a connector writes to a table that it captures: only that lets its position follow a busy server. */
function beats({ sources }: DiagnosisFacts): boolean {
  return sources.some(
    ({ config }) => Number(config['heartbeat.interval.ms'] ?? 0) > 0 && config['heartbeat.action.query'] !== undefined,
  );
}

const heartbeat: CauseEntry = {
  code: 'heartbeat-missing',
  title:
    "Nothing that the connector captures is written, it sends no heartbeat, and the source's log grows without bound.",
  anomalies: [],
  docs: WAL,
  warns: true,
  find(facts) {
    const grows = unbounded(facts);
    if (grows === undefined || beats(facts)) return undefined;
    const files = facts.sources.map(({ file }) => file).join(', ');
    return {
      says: `The source's log grows without bound behind the slot ${grows.slots}: nothing that the connector captures was written, so it had nothing to confirm, and it writes no heartbeat.`,
      evidence: [
        ...grows.evidence,
        ...facts.sources.map(({ file, config }) =>
          config['heartbeat.interval.ms'] === undefined
            ? `heartbeat.interval.ms is not set in ${file}`
            : `heartbeat.action.query is not set in ${file}`,
        ),
      ],
      remedy: [
        `${files === '' ? 'in the source connector' : `in ${files}`}: heartbeat.interval.ms, and heartbeat.action.query to write to a table that it captures`,
        "at the source's server: max_slot_wal_keep_size, which bounds the log (a slot that falls behind it is lost)",
      ],
      certainty: 'shown',
      explains: [],
    };
  },
};

const grows: CauseEntry = {
  code: 'slot-wal-grows',
  title:
    "The connector does not confirm what it has captured, and the source's log grows without bound behind its slot.",
  anomalies: [],
  docs: WAL,
  warns: true,
  find(facts) {
    const found = unbounded(facts);
    if (found === undefined || !beats(facts)) return undefined;
    return {
      says: `The source's log grows without bound behind the slot ${found.slots}, though the connector writes a heartbeat.`,
      evidence: found.evidence,
      remedy: [
        "see that the heartbeat's table is in the publication and that heartbeat.action.query does not fail (the worker's log tells)",
        'see that Connect can write its offsets: only what it has stored is confirmed to the slot',
      ],
      certainty: 'shown',
      explains: [],
    };
  },
};

const inactive: CauseEntry = {
  code: 'slot-inactive',
  title: 'A replication slot that nobody reads keeps the source from removing its log.',
  anomalies: [],
  docs: VIEW,
  warns: true,
  find({ source, sources }) {
    const own = new Set(sources.map(({ config }) => config['slot.name'] ?? 'debezium'));
    const idle = source?.slots.filter(({ name, active, grew }) => !active && grew && !own.has(name)) ?? [];
    if (sources.length === 0 || idle.length === 0) return undefined;
    return {
      says: `Nobody reads the replication ${idle.length === 1 ? 'slot' : 'slots'} ${idle.map(({ name }) => name).join(', ')}, and the source keeps its log for ${idle.length === 1 ? 'it' : 'them'} without bound.`,
      evidence: idle.map(
        ({ name, retainedBytes, walStatus }) =>
          `pg_replication_slots: ${name} is not active, keeps ${megabytes(retainedBytes)} and grows (wal_status ${walStatus})`,
      ),
      remedy: idle.map(
        ({ name }) => `at the source: SELECT pg_drop_replication_slot('${name}'); if its reader does not come back`,
      ),
      certainty: 'shown',
      explains: [],
    };
  },
};

const lost = property(
  {
    code: 'slot-lost',
    title: 'The source has removed log that the slot still needed (max_slot_wal_keep_size).',
    anomalies: ['stalled', 'lost', 'stale', 'orphan'],
    docs: VIEW,
  },
  ({ config }, facts) => {
    const gone = facts.source?.slots.some(
      ({ name, walStatus }) => name === (config['slot.name'] ?? 'debezium') && walStatus === 'lost',
    );
    return gone === true ? uncaptured(facts, 'stalled', 'lost', 'stale', 'orphan') : undefined;
  },
  ({ config }, { source }) => {
    const name = config['slot.name'] ?? 'debezium';
    const limit = source?.settings.max_slot_wal_keep_size;
    return {
      says: `The replication slot ${name} is lost: the source has removed log that the connector had not read yet.`,
      evidence: [
        `pg_replication_slots: wal_status of ${name} is lost`,
        ...(limit === undefined ? [] : [`max_slot_wal_keep_size is ${limit}`]),
      ],
      remedy: [
        `drop the slot (SELECT pg_drop_replication_slot('${name}');), and let the connector take a new snapshot; load tables with deletes anew`,
        "at the source's server: a larger max_slot_wal_keep_size, and an alert on the slot's lag",
      ],
      certainty: 'shown',
    };
  },
);

const dropped = property(
  {
    code: 'slot-dropped-on-stop',
    title: 'slot.drop.on.stop=true: what is written while the connector is stopped is never captured.',
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
    says: `slot.drop.on.stop=true in ${file}: an orderly stop drops the replication slot, and what is written until the connector runs again is never captured.`,
    evidence: [`slot.drop.on.stop=true in ${file}`],
    remedy: [`in ${file}: slot.drop.on.stop=false`],
  }),
);

const shared: CauseEntry = {
  code: 'slot-shared',
  title: 'Two connectors share a replication slot, which has one reader and one position.',
  anomalies: ['stalled', 'lost', 'stale', 'orphan'],
  docs: `${DEBEZIUM_PG}#postgresql-property-slot-name`,
  find(facts) {
    const bySlot = Map.groupBy(facts.sources, ({ config }) => config['slot.name'] ?? 'debezium');
    const [slot, sharing] = [...bySlot].find(([, all]) => all.length > 1) ?? [];
    if (slot === undefined || sharing === undefined) return undefined;
    const lost = uncaptured(facts, ...shared.anomalies);
    const explains = [...new Set(sharing.flatMap((source) => ofSource(source, lost)))];
    if (explains.length === 0) return undefined;
    const files = sharing.map(({ file }) => file).join(' and ');
    return {
      says: `${files} both read the replication slot ${slot}: a slot has one reader and one position, so the second connector cannot start, or takes changes from the first.`,
      evidence: [`slot.name=${slot} in ${files}`],
      remedy: ['give each connector a slot.name (and a publication.name) of its own'],
      certainty: 'shown',
      explains,
    };
  },
};

export const SLOTS: readonly CauseEntry[] = [shared, lost, dropped, heartbeat, grows, inactive];
