import type { Database } from '#model/pipeline.ts';
import type { SlotLag } from '#model/source-log.ts';
import { LEDGER_SLOT } from './change-feed.ts';

/** Position of the server's log now, in bytes. */
export async function walBytes(database: Pick<Database, 'query'>): Promise<number> {
  const [row] = await database.query<{ bytes: string }>("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') AS bytes");
  return Number(row?.bytes ?? 0);
}

/** What each of a database's slots keeps the server from removing, without the verifier's own. */
export async function readSlots(database: Pick<Database, 'query'>): Promise<SlotLag[]> {
  const rows = await database.query<Readonly<Record<keyof SlotLag, string>>>(
    `SELECT slot_name AS slot, active::text AS active,
       pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) AS "retainedBytes",
       pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn) AS "unconfirmedBytes",
       restart_lsn::text AS "restartLsn", confirmed_flush_lsn::text AS "confirmedLsn"
     FROM pg_replication_slots
     WHERE database = current_database() AND slot_type = 'logical' AND slot_name <> ${LEDGER_SLOT}
       AND restart_lsn IS NOT NULL AND confirmed_flush_lsn IS NOT NULL
     ORDER BY slot_name`,
  );
  return rows.map((row) => ({
    slot: row.slot,
    active: row.active === 'true',
    retainedBytes: Number(row.retainedBytes),
    unconfirmedBytes: Number(row.unconfirmedBytes),
    restartLsn: row.restartLsn,
    confirmedLsn: row.confirmedLsn,
  }));
}

/** Whether every slot of the database's connectors is being read: a connector that reads its slot has ended its snapshot. */
export async function isStreamed(database: Pick<Database, 'query'>): Promise<boolean> {
  const rows = await database.query<{ active: string }>(
    `SELECT active FROM pg_replication_slots WHERE database = current_database() AND slot_name <> ${LEDGER_SLOT}`,
  );
  return rows.length > 0 && rows.every(({ active }) => active === 't');
}
