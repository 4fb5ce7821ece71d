import type { LabAlert } from '#contracts/lab-report.ts';
import { bareFacts, diagnose } from '#diagnosis/diagnose.ts';
import { type Lag, NEAR_RETENTION } from '#model/position.ts';

export interface GroupState {
  readonly variant: string;
  readonly group: string;
  readonly lag: Lag;
  /** Records that the log has dropped and the group has not read: below the log's start, above its position. */
  readonly recordsGone: number;
}

/** The alerts after one more look. What changed is what is not the same object as before. */
export function nextAlerts(
  before: readonly LabAlert[],
  groups: readonly GroupState[],
  retentionMs: number | undefined,
  now: Date,
): LabAlert[] {
  const at = now.toISOString();
  const open = new Map(before.filter((alert) => alert.until === null).map((alert) => [alert.variant, alert]));
  const next = [...before];
  const replace = (old: LabAlert, fresh: LabAlert): void => {
    next[next.indexOf(old)] = fresh;
  };
  for (const state of groups) {
    const known = open.get(state.variant);
    const kind = kindOf(state, retentionMs);
    if (kind === undefined || retentionMs === undefined) {
      if (known !== undefined) replace(known, { ...known, until: at });
      continue;
    }
    if (known?.kind === kind) {
      const worse = state.lag.ms > known.lag_ms || state.recordsGone > known.records_gone;
      if (worse) replace(known, { ...known, ...figures(state, kind, retentionMs, known) });
      continue;
    }
    if (known !== undefined) replace(known, { ...known, until: at });
    const id = `${state.variant}-${kind === 'lag-near-retention' ? 'near' : 'past'}-${now.getTime()}`;
    next.push({
      ...{ id, kind, variant: state.variant, group: state.group, since: at, until: null, retention_ms: retentionMs },
      ...figures(state, kind, retentionMs),
    });
  }
  return next;
}

function kindOf({ lag, recordsGone }: GroupState, retentionMs: number | undefined): LabAlert['kind'] | undefined {
  if (retentionMs === undefined) return undefined;
  if (recordsGone > 0) return 'lag-past-retention';
  return lag.records > 0 && lag.ms > NEAR_RETENTION * retentionMs ? 'lag-near-retention' : undefined;
}

function figures(state: GroupState, kind: LabAlert['kind'], retentionMs: number, known?: LabAlert) {
  const lagMs = Math.max(Math.round(state.lag.ms), known?.lag_ms ?? 0);
  const gone = Math.max(state.recordsGone, known?.records_gone ?? 0);
  const share = `${seconds(lagMs)} of the ${seconds(retentionMs)} for which the topics keep records`;
  const text =
    kind === 'lag-near-retention'
      ? `${state.group} lags by ${share}: beyond that, records expire before it reads them`
      : `${state.group} has lost ${gone} records: they expired before it read them (it lagged by ${seconds(lagMs)})`;
  const consumerLag = { lagMs, retentionMs, recordsGone: gone };
  const [cause] = diagnose({ ...bareFacts(state.group), consumerLag });
  if (cause === undefined) throw new Error(`an alert without a cause: ${JSON.stringify(consumerLag)}`);
  return { lag_ms: lagMs, records_gone: gone, text, cause };
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}
