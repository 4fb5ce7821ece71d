import type { CaptureSetUp, Place, SetUpFacts, Slot, SourceSetUp } from '#model/set-up.ts';
import { anew } from './anew.ts';
import { answered, listed, type SetUpEntry, type SetUpFound } from './entry.ts';
import { literal, quoted, quotedTable } from './sql.ts';

const SERVER = 'https://www.postgresql.org/docs/current';
const DEBEZIUM = 'https://debezium.io/documentation/reference/stable/connectors/postgresql.html';

interface Stream {
  readonly capture: CaptureSetUp;
  readonly tables: SourceSetUp['tables'];
  readonly slot: Slot | undefined;
}

/** A look at what the pipeline has at the source for its stream. */
function streaming(
  find: (stream: Stream, place: Place, facts: SetUpFacts) => SetUpFound | undefined,
): SetUpEntry['find'] {
  return answered(
    ({ source }) => source,
    ({ capture, tables }, place, facts) => {
      const { mark, cdc } = facts.pipeline;
      if (capture === undefined || !cdc) return undefined;
      return find({ capture, tables, slot: capture.slots.find(({ name }) => name === mark) }, place, facts);
    },
  );
}

const notAllowed: SetUpEntry = {
  code: 'publication-not-allowed',
  title: 'The user may not create the publication: it needs CREATE on the database and must own the tables.',
  docs: `${DEBEZIUM}#postgresql-replication-user-privileges`,
  find: streaming(({ capture, tables }, { where, user = '', database = '' }, { pipeline }) => {
    const foreign = capture.superuser ? [] : tables.filter(({ owned }) => !owned);
    // One that is there needs nobody to make it.
    if (pipeline.loaded || capture.publication !== undefined) return undefined;
    if (capture.createsPublications && foreign.length === 0) return undefined;
    const creating = capture.createsPublications
      ? []
      : [`GRANT CREATE ON DATABASE ${quoted(database)} TO ${quoted(user)}`];
    const owners = [...new Set(foreign.map(({ owner }) => owner))];
    return {
      says: `${user} may not create the pipeline's publication at the source.`,
      evidence: [
        ...(capture.createsPublications ? [] : [`${user} has no CREATE on the database ${database} at ${where}`]),
        ...foreign.map(({ id, owner }) => `${id} is owned by ${owner}, of which ${user} is no member`),
      ],
      fix: {
        by: 'sql',
        at: `the source ${where}, as a superuser`,
        run: [...creating, ...owners.map((owner) => `GRANT ${quoted(owner)} TO ${quoted(user)}`)],
      },
      notes: foreign.map(({ id }) => `or ALTER TABLE ${quotedTable(id)} OWNER TO ${quoted(user)}`),
      certainty: 'shown',
    };
  }),
};

const missing: SetUpEntry = {
  code: 'publication-missing',
  title: "The pipeline's publication is gone: its slot decodes nothing without it.",
  docs: `${SERVER}/sql-createpublication.html`,
  find: streaming(({ capture, tables }, { where }, facts) => {
    const { publication: name, loaded } = facts.pipeline;
    if (!loaded || capture.publication !== undefined) return undefined;
    const names = tables.map(({ id }) => quotedTable(id)).join(', ');
    return {
      says: `The publication ${name} is gone: the connector cannot read its slot, or reads it without any of its changes.`,
      evidence: [`pg_publication at ${where} has no ${name}`],
      fix: {
        by: 'sql',
        at: `the source ${where}, as the tables' owner`,
        run: [`CREATE PUBLICATION ${quoted(name)} FOR TABLE ${names} WITH (publish_via_partition_root = true)`],
      },
      notes: [
        'changes that were committed while it was missing may be in no stream: compare source and target with driftlab reconcile',
        `where they differ: ${anew(facts).run.join('; ')}`,
      ],
      check: [`SELECT * FROM pg_publication_tables WHERE pubname = ${literal(name)} lists the pipeline's tables`],
      certainty: 'shown',
    };
  }),
};

const lacking: SetUpEntry = {
  code: 'publication-lacks-table',
  title: "The pipeline's publication lacks one of its tables, whose changes are then not captured.",
  docs: `${SERVER}/sql-alterpublication.html`,
  find: streaming(({ capture: { publication } }, { where }, facts) => {
    const { publication: name, loaded, tables } = facts.pipeline;
    if (!loaded || publication === undefined || publication.allTables) return undefined;
    const lacks = tables.filter((id) => !publication.tables.includes(id));
    if (lacks.length === 0) return undefined;
    return {
      says: `The publication ${name} lacks ${listed(lacks)}: changes of it are not captured.`,
      evidence: [`pg_publication_tables at ${where}: ${name} has ${listed(publication.tables) || 'no table'}`],
      fix: {
        by: 'sql',
        at: `the source ${where}, as the tables' owner`,
        run: [`ALTER PUBLICATION ${quoted(name)} ADD TABLE ${lacks.map(quotedTable).join(', ')}`],
      },
      notes: [
        'changes that were committed meanwhile are in no stream: compare source and target with driftlab reconcile',
      ],
      check: [`SELECT * FROM pg_publication_tables WHERE pubname = ${literal(name)} lists ${listed(lacks)}`],
      certainty: 'shown',
    };
  }),
};

const slotMissing: SetUpEntry = {
  code: 'slot-missing',
  title: "The pipeline's replication slot is gone: what was committed since is in no stream.",
  docs: `${SERVER}/logicaldecoding-explanation.html#LOGICALDECODING-REPLICATION-SLOTS`,
  find: streaming(({ slot }, { where }, facts) => {
    const { mark, loaded } = facts.pipeline;
    if (!loaded || slot !== undefined) return undefined;
    return {
      says: `The replication slot ${mark} is gone: what was committed since the connector last read it cannot be read any more.`,
      evidence: [`pg_replication_slots at ${where} has no ${mark}`],
      fix: anew(facts),
      notes: ['a slot that is made by hand begins now, and leaves a gap'],
      certainty: 'shown',
    };
  }),
};

const slotLost: SetUpEntry = {
  code: 'slot-lost',
  title: "The server removed the log that the pipeline's slot needs.",
  docs: `${SERVER}/view-pg-replication-slots.html`,
  find: streaming(({ slot, capture }, { where }, facts) => {
    if (slot?.walStatus !== 'lost') return undefined;
    const keeps = capture.settings.max_slot_wal_keep_size;
    return {
      says: `The server has removed log that the replication slot ${slot.name} needs: it cannot be read on.`,
      evidence: [
        `pg_replication_slots at ${where}: wal_status of ${slot.name} is lost; max_slot_wal_keep_size=${keeps} MB`,
      ],
      fix: anew(facts),
      notes: [
        "so that it does not happen again: a larger max_slot_wal_keep_size than the connector's longest outage writes, or -1 and a watched disk",
      ],
      certainty: 'shown',
    };
  }),
};

const slotPlugin: SetUpEntry = {
  code: 'slot-other-plugin',
  title: "The slot of the pipeline's name is physical, or of another output plugin than pgoutput.",
  docs: `${DEBEZIUM}#postgresql-property-plugin-name`,
  find: streaming(({ slot }, { where }, facts) => {
    if (slot === undefined || slot.plugin === 'pgoutput' || !facts.pipeline.loaded) return undefined;
    return {
      says: `The replication slot ${slot.name} is ${slot.plugin === '' ? 'physical' : `of the plugin ${slot.plugin}`}, and the connector reads pgoutput.`,
      evidence: [`pg_replication_slots at ${where}: plugin of ${slot.name} is ${slot.plugin || 'empty'}`],
      fix: anew(facts),
      notes: ['it is not the slot that the pipeline made: somebody dropped that one, and its changes with it'],
      certainty: 'shown',
    };
  }),
};

/** What Debezium calls its connections: `Debezium Streaming`. */
const DEBEZIUM_SESSION = /^Debezium/;

/** A task that is paused still reads its slot. Of workers that do not answer nobody knows what runs on them. */
function mayBeOurs(workers: SetUpFacts['sourceConnect']): boolean {
  if (workers === undefined || !('read' in workers)) return true;
  const { state = '', tasks = [] } = workers.read.connector ?? {};
  // One that is still making its slot has no status of a task yet.
  if (state === 'RUNNING' && tasks.length === 0) return true;
  return tasks.some(({ state }) => state !== 'FAILED');
}

const slotActive: SetUpEntry = {
  code: 'slot-active',
  title: "Somebody else reads the pipeline's replication slot, which has one reader at a time.",
  docs: `${SERVER}/logicaldecoding-explanation.html#LOGICALDECODING-REPLICATION-SLOTS`,
  seenOn: 'Debezium 3.5.0',
  find: streaming(({ slot }, { where }, { sourceConnect }) => {
    if (slot?.reader === undefined) return undefined;
    const { pid, user, application, address } = slot.reader;
    const isDebezium = DEBEZIUM_SESSION.test(application);
    if (isDebezium && mayBeOurs(sourceConnect)) return undefined;
    const who = `${application || 'a session'} of ${user} from ${address || 'the server itself'}`;
    return {
      says: `The replication slot ${slot.name} is read by ${who}: the pipeline's connector cannot read it meanwhile, and what is read there it does not get.`,
      evidence: [`pg_replication_slots at ${where}: ${slot.name} is active for process ${pid}, ${who}`],
      fix: {
        by: 'sql',
        at: `the source ${where}, as ${user} or a superuser, once it is known who that is`,
        run: [`SELECT pg_terminate_backend(${pid})`],
      },
      notes: ['compare source and target with driftlab reconcile: what somebody else has confirmed is not sent again'],
      check: [`SELECT active, active_pid FROM pg_replication_slots WHERE slot_name = '${slot.name}'`],
      // A server notices late that a connector which has failed is gone.
      certainty: isDebezium ? 'likely' : 'shown',
    };
  }),
};

const logRemoved: SetUpEntry = {
  code: 'source-log-removed',
  title: 'The server has removed the binary log in which the pipeline would go on.',
  docs: 'https://dev.mysql.com/doc/refman/9.4/en/replication-options-binary-log.html',
  find: answered(
    ({ source }) => source,
    ({ gone }, { where }, facts) =>
      gone === undefined
        ? undefined
        : {
            says: `What was committed since the connector last read the source cannot be read any more: ${gone}.`,
            evidence: [`SHOW BINARY LOGS at ${where} lists no such file`],
            fix: anew(facts),
            notes: [
              'so that it does not happen again: a larger binlog_expire_logs_seconds than the longest time for which nothing is read',
            ],
            certainty: 'shown',
          },
  ),
};

export const STREAM: readonly SetUpEntry[] = [
  logRemoved,
  ...[notAllowed, slotMissing, slotLost, slotPlugin, slotActive],
  ...[missing, lacking],
];
