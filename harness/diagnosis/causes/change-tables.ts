import type { DiagnosisFacts } from '#model/cause.ts';
import type { Finding } from '#model/finding.ts';
import type { CauseEntry } from '../entry.ts';
import { uncaptured } from '../property.ts';
import { heard, type Matched, quoted } from '../reading.ts';

const SQL = 'https://learn.microsoft.com/en-us/sql/relational-databases';
const MONITOR = `${SQL}/track-changes/administer-and-monitor-change-data-capture-sql-server`;
const READ_IN = 'Debezium 3.5.0 (its code)';

const stops = { anomalies: ['stalled', 'lost', 'stale', 'orphan'] } as const satisfies Partial<CauseEntry>;

const said = (facts: DiagnosisFacts, pattern: RegExp): Matched | undefined =>
  heard(facts, pattern, ['source-task', 'worker-log']);

const NEW_SNAPSHOT =
  "take a new snapshot: stop the connector, delete its offsets (DELETE /connectors/<name>/offsets) and resume it, or start it once with snapshot.mode=when_needed; reload the sinks' tables from which rows were deleted meanwhile";

const RETENTION =
  "to prevent it, at the source: a retention longer than the longest outage of the connector (EXEC sys.sp_cdc_change_job @job_type = N'cleanup', @retention = <minutes>), and an alert when its task is not running";

function retention({ source }: DiagnosisFacts): string[] {
  const kept = source?.settings.cleanup_retention_minutes;
  return kept === undefined ? [] : [`the cleanup job of the source keeps changes for ${kept} minutes`];
}

/** 3.5 stops; older and newer versions warn, and go on with what is there. */
const GONE =
  /trying to read (?:change stream|redo log) starting at SqlServerOffsetContext.* but this is no longer available on the server/;

const cleanedUp: CauseEntry = {
  code: 'changes-cleaned-up',
  title: 'The cleanup of the source has removed captured changes that the connector had not read yet.',
  ...stops,
  docs: `${MONITOR}#cleanup-job`,
  reported: READ_IN,
  find(facts) {
    const heardOf = said(facts, GONE);
    if (heardOf === undefined) return undefined;
    return {
      says: 'The source has removed captured changes that the connector had not read yet: it was stopped, or behind, for longer than the cleanup job keeps them.',
      evidence: [quoted(heardOf), ...removedOf(facts).map(shown), ...retention(facts)],
      remedy: [NEW_SNAPSHOT, RETENTION],
      certainty: 'shown',
      explains: uncaptured(facts, ...stops.anomalies),
    };
  },
};

interface Removed {
  readonly table: string;
  /** The LSN from which on its changes are kept: `00000027:00000ac0:0002`. */
  readonly before: string;
}

/** The tables of which captured changes were removed while the pipeline ran. */
function removedOf({ source }: DiagnosisFacts): Removed[] {
  return Object.entries(source?.settings ?? {}).flatMap(([name, before]) => {
    const table = /^changes_removed_before (.+)$/.exec(name)?.[1];
    return table === undefined ? [] : [{ table, before }];
  });
}

const shown = ({ table, before }: Removed): string =>
  `cdc.change_tables: changes of ${table} that were committed before ${before} have been removed while the pipeline ran`;

/** What was captured last of a row lies below what is kept: its next change may be one that was removed. LSNs sort as texts. */
function isBelow({ event }: Finding, { before }: Removed): boolean {
  return event?.position === undefined || event.position.slice(0, before.length) < before;
}

const unread: CauseEntry = {
  code: 'changes-removed-unread',
  title:
    'Captured changes of some tables were removed before the connector had read them; it noticed nothing, and went on behind the gap.',
  anomalies: ['lost', 'stale', 'orphan'],
  docs: `${SQL}/system-stored-procedures/sys-sp-cdc-cleanup-change-table-transact-sql`,
  find(facts) {
    if (said(facts, GONE) !== undefined) return undefined;
    const tables = removedOf(facts);
    const ofTable = (finding: Finding) => tables.find(({ table }) => table === finding.table);
    const explains = uncaptured(facts, 'lost', 'stale', 'orphan').filter((finding) => {
      const removed = ofTable(finding);
      return removed !== undefined && isBelow(finding, removed);
    });
    if (explains.length === 0) return undefined;
    const named = tables.filter(({ table }) => explains.some((finding) => finding.table === table));
    return {
      says: `The source has removed captured changes of ${named.map(({ table }) => table).join(', ')} while the connector was stopped or behind. It compares its position with the oldest change of any table of the database, and so it went on as if nothing were missing.`,
      evidence: [...named.map(shown), ...retention(facts)],
      remedy: [
        'read the tables again: an incremental snapshot (execute-snapshot through the signal table) sends the rows that are there; rows that were deleted meanwhile must be deleted at the sinks',
        RETENTION,
        'no sys.sp_cdc_cleanup_change_table of single tables, and no sys.sp_cdc_disable_table of a capture that the connector still reads',
      ],
      certainty: 'likely',
      explains,
    };
  },
};

const START_AGENT =
  'start SQL Server Agent: MSSQL_AGENT_ENABLED=true in a container, mssql-conf set sqlagent.enabled true and a restart, or its service under Windows';
const START_JOB = "at the source: EXEC sys.sp_cdc_start_job @job_type = N'capture'";

const agent: CauseEntry = {
  code: 'agent-not-running',
  title: 'SQL Server Agent does not run at the source, so nothing is captured.',
  ...stops,
  docs: `${SQL}/track-changes/enable-and-disable-change-data-capture-sql-server`,
  reported: READ_IN,
  find(facts) {
    const state = facts.source?.settings.agent;
    const heardOf = said(facts, /No maximum LSN recorded in the database; SQL Server Agent is not running/);
    const stopped = state !== undefined && state !== 'Running';
    if (!stopped && (heardOf === undefined || state === 'Running')) return undefined;
    return {
      says: 'SQL Server Agent does not run at the source. Its jobs read the transaction log into the change tables, so the connector, which runs, finds no changes.',
      evidence: [
        ...(stopped ? [`sys.dm_server_services: SQL Server Agent is ${state}`] : []),
        ...(heardOf === undefined ? [] : [quoted(heardOf)]),
      ],
      remedy: [START_AGENT],
      certainty: 'shown',
      explains: uncaptured(facts, ...stops.anomalies),
    };
  },
};

/** Beyond it what was written is not merely on its way: the job scans the log every 5 s by default. */
const LATENCY_S_MAX = 60;

const behind: CauseEntry = {
  code: 'capture-job-behind',
  title: "The source's capture job fails, or is far behind the transaction log.",
  ...stops,
  docs: `${MONITOR}#monitor-the-capture-process`,
  find(facts) {
    const { capture_latency_s: latency, capture_errors: errors, capture_error: error } = facts.source?.settings ?? {};
    const late = Number(latency ?? 0) >= LATENCY_S_MAX;
    const failing = Number(errors ?? 0) > 0;
    if (!late && !failing) return undefined;
    return {
      says: failing
        ? 'The capture job of the source fails as it reads the transaction log, so changes reach the change tables late or not at all.'
        : `The capture job of the source is ${latency} s behind the transaction log.`,
      evidence: [
        `sys.dm_cdc_log_scan_sessions: the last scan had a latency of ${latency ?? '?'} s and ${errors ?? '0'} errors`,
        ...(error === undefined ? [] : [`sys.dm_cdc_errors: ${error}`]),
      ],
      remedy: [
        START_JOB,
        "where it runs and does not keep up: EXEC sys.sp_cdc_change_job @job_type = N'capture' with more @maxtrans and @maxscans, or a lower @pollinginterval, and then the job again",
      ],
      certainty: 'likely',
      explains: uncaptured(facts, ...stops.anomalies),
    };
  },
};

export const CHANGE_TABLES: readonly CauseEntry[] = [cleanedUp, unread, agent, behind];
