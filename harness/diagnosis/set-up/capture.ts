import type { CaptureSetUp, Place, SetUpFacts } from '#model/set-up.ts';
import { answered, type SetUpEntry, type SetUpFound } from './entry.ts';
import { literal, quoted } from './sql.ts';

const SERVER = 'https://www.postgresql.org/docs/current';
const DEBEZIUM = 'https://debezium.io/documentation/reference/stable/connectors/postgresql.html';

/** A look at how the source captures changes, where the pipeline is to carry any. */
function capturing(
  find: (capture: CaptureSetUp, place: Place, facts: SetUpFacts) => SetUpFound | undefined,
): SetUpEntry['find'] {
  return answered(
    ({ source }) => source,
    ({ capture }, place, facts) =>
      capture === undefined || !facts.pipeline.cdc ? undefined : find(capture, place, facts),
  );
}

const walLevel: SetUpEntry = {
  code: 'source-wal-level',
  title: "The source's log does not have what logical decoding needs: wal_level is not logical.",
  docs: `${SERVER}/runtime-config-wal.html#GUC-WAL-LEVEL`,
  find: capturing(({ settings }, { where }) =>
    settings.wal_level === 'logical'
      ? undefined
      : {
          says: `wal_level is ${settings.wal_level} at the source: changes cannot be decoded from its log.`,
          evidence: [`SHOW wal_level at ${where}: ${settings.wal_level}`],
          fix: {
            by: 'sql',
            at: `the source ${where}, as a superuser; then start the server anew`,
            run: ['ALTER SYSTEM SET wal_level = logical'],
          },
          notes: ['a managed service has a parameter of its own for it, such as rds.logical_replication = 1'],
          check: ['SHOW wal_level gives logical'],
          certainty: 'shown',
        },
  ),
};

const replication: SetUpEntry = {
  code: 'source-no-replication',
  title: 'The user may not make or read a replication slot.',
  docs: `${DEBEZIUM}#postgresql-permissions`,
  find: capturing((capture, { where, user = '' }) =>
    capture.replication
      ? undefined
      : {
          says: `${user} lacks the attribute REPLICATION at the source.`,
          evidence: [`pg_roles at ${where}: rolreplication is false for ${user}, and it is no superuser`],
          fix: {
            by: 'sql',
            at: `the source ${where}, as a superuser`,
            run: [`ALTER ROLE ${quoted(user)} REPLICATION`],
          },
          notes: [`on Amazon RDS: GRANT rds_replication TO ${quoted(user)}`],
          check: [`SELECT rolreplication FROM pg_roles WHERE rolname = ${literal(user)} gives t`],
          certainty: 'shown',
        },
  ),
};

const slotsUsed: SetUpEntry = {
  code: 'source-slots-used-up',
  title: 'All replication slots that the source may have are in use.',
  docs: `${SERVER}/runtime-config-replication.html#GUC-MAX-REPLICATION-SLOTS`,
  find: capturing(({ settings, slots }, { where }, { pipeline }) => {
    const most = Number(settings.max_replication_slots);
    // The pipeline's own is there, and needs no other.
    if (slots.length < most || slots.some(({ name }) => name === pipeline.mark)) return undefined;
    const idle = slots.filter(({ active }) => !active).map(({ name }) => name);
    const [first] = idle;
    return {
      says: `All ${most} replication slots of the source are in use.`,
      evidence: [
        `max_replication_slots=${most} at ${where}, and pg_replication_slots has ${slots.length}`,
        `nobody reads ${idle.length} of them: ${idle.slice(0, 5).join(', ')}${idle.length > 5 ? ', …' : ''}`,
      ],
      fix:
        first === undefined
          ? {
              by: 'sql',
              at: `the source ${where}, as a superuser; then start the server anew`,
              run: [`ALTER SYSTEM SET max_replication_slots = ${most + 10}`],
            }
          : {
              by: 'sql',
              at: `the source ${where}, for a slot that nobody needs any more: whoever reads it later has lost its changes`,
              run: [`SELECT pg_drop_replication_slot(${literal(first)})`],
            },
      notes: [`or allow more: ALTER SYSTEM SET max_replication_slots = ${most + 10}, and start the server anew`],
      check: ['SELECT count(*) FROM pg_replication_slots is below max_replication_slots'],
      certainty: 'shown',
    };
  }),
};

const sendersUsed: SetUpEntry = {
  code: 'source-senders-used-up',
  title: "All connections that may read the source's log at once are in use.",
  docs: `${SERVER}/runtime-config-replication.html#GUC-MAX-WAL-SENDERS`,
  find: capturing(({ settings, senders, slots }, { where }, { pipeline }) => {
    const most = Number(settings.max_wal_senders);
    // The pipeline's own connector is one of them.
    if (senders < most || slots.some(({ name, active }) => name === pipeline.mark && active)) return undefined;
    return {
      says: `All ${most} WAL senders of the source are in use.`,
      evidence: [`max_wal_senders=${most} at ${where}, and pg_stat_replication has ${senders}`],
      fix: {
        by: 'sql',
        at: `the source ${where}, as a superuser; then start the server anew`,
        run: [`ALTER SYSTEM SET max_wal_senders = ${most + 10}`],
      },
      notes: ['or end what need not read it: SELECT pid, usename, application_name, state FROM pg_stat_replication'],
      check: ['SELECT count(*) FROM pg_stat_replication is below max_wal_senders'],
      certainty: 'shown',
    };
  }),
};

const uncapturable: SetUpEntry = {
  code: 'source-not-capturable',
  title: 'Changes of the source cannot be captured as its server is set, or by this user.',
  docs: 'https://debezium.io/documentation/reference/stable/connectors/',
  find: answered(
    ({ source }) => source,
    (read, { where }, { pipeline }) => {
      if (read.uncapturable === undefined || !pipeline.cdc) return undefined;
      const { says, hint = 'take a pipeline of the mode full_load_only' } = read.uncapturable;
      return {
        says: `Changes of the source cannot be captured: ${says}.`,
        evidence: [`the settings and rights at ${where}: ${says}`],
        fix: { by: 'hand', at: `the source ${where}`, run: [hint] },
        certainty: 'shown',
      };
    },
  ),
};

export const CAPTURE: readonly SetUpEntry[] = [uncapturable, walLevel, replication, slotsUsed, sendersUsed];
