import { lacksForHeartbeat, megabytes } from '../causes/slots.ts';
import { answered, type SetUpEntry } from './entry.ts';
import { quotedTable } from './sql.ts';

const DEBEZIUM = 'https://debezium.io/documentation/reference/stable/connectors/postgresql.html';

/** By its default a worker stores positions, which are then confirmed, once a minute: what is younger, in ms, may only not be stored yet. */
export const QUIET_MS_MIN = 90_000;
/** What a server writes in a while, and a connector has not confirmed, is no trouble. */
const UNCONFIRMED_BYTES_MIN = 128 * 1024 * 1024;
/** More of it has not been sent yet to a connector that is behind, and not quiet. */
const UNSENT_BYTES_MAX = 16 * 1024 * 1024;

const heartbeat: SetUpEntry = {
  code: 'heartbeat-missing',
  title: "What a connector captures is quiet, it sends no heartbeat, and the source's WAL grows behind its slot.",
  docs: `${DEBEZIUM}#postgresql-wal-disk-space`,
  find: answered(
    ({ source }) => source,
    ({ capture }, { where }, { pipeline, sourceConnect }) => {
      if (capture?.clock === undefined || sourceConnect === undefined || !('read' in sourceConnect)) return undefined;
      const { name, config = {}, capturedAtMs, connector, writes } = sourceConnect.read;
      // What is written and not confirmed is a worker's that stores positions seldom.
      if (connector?.state !== 'RUNNING' || writes === true) return undefined;
      const slot = capture.slots.find((one) => one.name === pipeline.mark && one.active);
      const { unconfirmedBytes = 0, unsentBytes = 0, reader } = slot ?? {};
      const lacks = lacksForHeartbeat({ file: `the configuration of ${name}`, config });
      const times = [capturedAtMs, reader?.sinceMs].filter((one) => one !== undefined);
      if (slot === undefined || lacks.length === 0 || times.length === 0) return undefined;
      const quietMs = capture.clock.serverMs - Math.max(...times);
      if (quietMs < QUIET_MS_MIN || unconfirmedBytes < UNCONFIRMED_BYTES_MIN || unsentBytes > UNSENT_BYTES_MAX)
        return undefined;
      const keeps = capture.settings.max_slot_wal_keep_size;
      return {
        says: `The source's WAL grows behind the slot ${slot.name}: nothing that ${name} captures ${writes === undefined ? 'seems to be' : 'is'} written, so it has no position to confirm, and it sends no heartbeat.`,
        evidence: [
          `pg_replication_slots at ${where}: ${megabytes(unconfirmedBytes)} of WAL are not confirmed in ${slot.name}, which is active (wal_status ${slot.walStatus})`,
          `GET ${sourceConnect.place.where}/connectors/${name}/offsets: ${capturedAtMs === undefined ? `no change was captured in the ${Math.floor(quietMs / 1000)} s for which it has read its slot` : `the last change is of ${new Date(capturedAtMs).toISOString()}, and the server's clock says ${new Date(capture.clock.serverMs).toISOString()}`}`,
          ...lacks,
          `max_slot_wal_keep_size=${keeps}${keeps === '-1' ? ': without any limit' : ' MB: then the slot is lost'}`,
        ],
        fix: {
          ...{ by: 'hand', at: `the configuration of ${name}` },
          run: [
            'heartbeat.interval.ms=10000',
            "heartbeat.action.query=SELECT pg_logical_emit_message(false, 'heartbeat', now()::text)",
          ],
        },
        notes: [
          ...(writes === undefined
            ? [
                'where it is written all the while, the workers store positions too seldom: offset.flush.interval.ms=60000',
              ]
            : []),
          'PostgreSQL 13 and older send no such message: there the query writes to a table that is captured, too',
          'a table that is written once in a while does as well: '.concat(
            pipeline.tables.map(quotedTable).join(', ') || 'one of those that are captured',
          ),
        ],
        certainty: writes === undefined ? 'likely' : 'shown',
      };
    },
  ),
};

/** What keeps a source from removing its log. */
export const RETAINED: readonly SetUpEntry[] = [heartbeat];
