import type { Cause } from '#model/cause.ts';
import type { Refusal } from '#model/fault.ts';
import type { Anomaly, AnomalyCounts, Hop, ToldFinding } from '#model/finding.ts';
import { ANOMALIES } from '#model/finding.ts';
import type { Expectation } from '#model/scenario.ts';
import type { Key } from '#model/values.ts';
import type { Verdict } from '#model/verdict.ts';
import type { Report, SkippedMode } from './report.ts';

/** What stands before a cause's evidence and its remedies; of one that is not known, before what was ruled out. */
export function causeLabels({ certainty }: Pick<Cause, 'certainty'>): {
  readonly evidence: string;
  readonly remedy: string;
} {
  return certainty === 'unknown'
    ? { evidence: 'Ruled out', remedy: 'Look at' }
    : { evidence: 'Evidence', remedy: 'To fix it' };
}

/** A cause in one paragraph: what is wrong, and what to change; each remedy alone is enough. Of one that is not known, what was ruled out. */
export function causeText(cause: Pick<Cause, 'says' | 'evidence' | 'remedy' | 'certainty'>): string {
  const { says, evidence, remedy, certainty } = cause;
  const unknown = certainty === 'unknown';
  const labels = causeLabels(cause);
  const part = (label: string, texts: readonly string[], joint: string): string =>
    texts.length === 0 ? '' : ` ${label}: ${texts.map((one) => one.replace(/[;.]$/, '')).join(joint)}.`;
  return `${says}${unknown ? part(labels.evidence, evidence, '; ') : ''}${part(labels.remedy, remedy, unknown ? '; ' : '; or ')}`;
}

/** A cause line by line, for a terminal or a log: what is wrong with its code, what was read, what to change, and where to read on. */
export function causeLines(cause: Cause): string[] {
  const { code, says, evidence, remedy, docs, certainty } = cause;
  const labels = causeLabels(cause);
  return [
    `${says} [${code}${certainty === 'likely' ? ', likely' : ''}]`,
    ...evidence.map((one) => `  ${labels.evidence.toLowerCase()}: ${one}`),
    ...remedy.map((one) => `  ${labels.remedy.toLowerCase()}: ${one}`),
    `  see ${docs}`,
  ];
}

/** What a variant showed while a fault was in: what is on its way then is late, whatever becomes of it. */
export function duringText(verdict: Verdict, counts: AnomalyCounts, inFlight: number): string {
  const late = inFlight === 0 ? [] : [`late: ${plural(inFlight, 'key')}`];
  const said = [anomaliesText(counts), ...late].filter((text) => text !== '').join('; ');
  if (said !== '') return said;
  return verdict === 'PASS' ? 'as the source' : verdict === 'UNKNOWN' ? 'not judged' : seenText(verdict, counts);
}

/** Who refused what a fault brought about, a line each; that nobody did is said, too. */
export function refusalLines(refused: readonly Refusal[] | undefined): string[] {
  if (refused?.length === 0) return ['refused by nobody'];
  return (refused ?? []).map(({ by, name, status, says }) => {
    const answer = status === undefined ? '' : `, HTTP ${status}`;
    return `refused by ${{ registry: 'the registry', 'source-connector': 'the source connector', sink: 'the sink' }[by]} (${name}${answer}): ${says}`;
  });
}

/** What was skipped, by its name: a mode, or one step of it. */
export function skippedName({ mode, step }: Pick<SkippedMode, 'mode' | 'step'>): string {
  return step === undefined ? mode : `${mode} / ${step}`;
}

/** The same with the reason, where steps of one mode have one reason once for all of them. */
export function skippedLines(
  skipped: readonly SkippedMode[],
): readonly { readonly name: string; readonly why: string }[] {
  const groups = Map.groupBy(skipped, ({ mode, step, why }) => (step === undefined ? mode : `${mode} / ${why}`));
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const name = [skippedName(first), ...others.map(({ step }) => step)].join(', ');
    return [{ name, why: first.why }];
  });
}

/** A duration in ms as a person says it: `740 ms`, `3.2 s`, `1 min 12 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** A whole number with thousands separated: `12,345`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `1 key`, `2 keys`. */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** `duplicate 412, orphan 3`, in the order in which the classes are defined; empty for none. */
export function anomaliesText(counts: AnomalyCounts): string {
  return ANOMALIES.flatMap((anomaly) => {
    const found = counts[anomaly] ?? 0;
    return found > 0 ? [`${anomaly} ${count(found)}`] : [];
  }).join(', ');
}

/** Transactions of which a part is at the sink; nothing where there are none. */
export function inPartText(transactions: number | undefined): string {
  return transactions === undefined || transactions === 0
    ? ''
    : `${plural(transactions, 'transaction')} partially applied`;
}

export function expectationText(expectation: Expectation): string {
  if (expectation.kind === 'converges')
    return expectation.withinMs === undefined ? 'converges' : `converges within ${duration(expectation.withinMs)}`;
  if (expectation.must.length === 0) return `may show ${expectation.may.join(', ')}`;
  const may = expectation.may.length === 0 ? '' : ` (may: ${expectation.may.join(', ')})`;
  return `${expectation.must.join(' + ')}${may}`;
}

export function seenText(verdict: Verdict, counts: AnomalyCounts, reason?: string): string {
  const anomalies = anomaliesText(counts);
  if (verdict === 'UNKNOWN' && reason !== undefined && anomalies !== '')
    return `not judged: ${reason}; seen: ${anomalies}`;
  if (anomalies !== '') return anomalies;
  switch (verdict) {
    case 'PASS':
      return 'converged';
    case 'SYNC_IN_PROGRESS':
      return 'still catching up';
    case 'UNKNOWN':
      return reason === undefined ? 'not judged' : `not judged: ${reason}`;
    case 'WARN':
    case 'FAIL':
      return reason ?? verdict;
  }
}

/** What a run's verdict means, in a sentence. */
export function verdictText({ verdict, exit, reason }: Pick<Report, 'verdict' | 'exit' | 'reason'>): string {
  if (exit === 130) return 'The run was interrupted; the results so far are shown.';
  if (reason !== undefined) return 'The run ended early; the results so far are shown.';
  switch (verdict) {
    case 'PASS':
      return 'Every variant showed what it was expected to show.';
    case 'WARN':
      return 'Every variant showed what it was expected to show, with warnings.';
    case 'FAIL':
      return 'At least one variant did not show what it was expected to show.';
    case 'SYNC_IN_PROGRESS':
      return 'Changes were still in flight when the run ended.';
    case 'UNKNOWN':
      return 'The result is inconclusive: a fault had no effect, a check did not finish, or a variant that was expected to break did not.';
  }
}

/** A figure of a fault's evidence as label and text; a name's unit goes into the text: `down_ms` 2210 is `down`, `2.2 s`. */
export function figureText(name: string, value: number | string): { readonly label: string; readonly text: string } {
  const label = name.replaceAll('_', ' ');
  if (typeof value === 'string') return { label, text: value };
  if (name.endsWith('_ms')) return { label: label.slice(0, -' ms'.length), text: duration(value) };
  // An age may have a fraction, a count has none.
  return { label, text: value.toLocaleString('en-US', { maximumFractionDigits: 2 }) };
}

/** A text as a sentence of its own: begins with a capital, ends with a full stop. */
export function sentence(text: string): string {
  if (text === '') return '';
  return `${text[0]?.toUpperCase()}${text.slice(1)}${/[.!?…:]$/.test(text) ? '' : '.'}`;
}

/** A key's JSON array as a person reads it: `17`, `eu / 9`. */
export function keyText(key: Key): string {
  try {
    const parts: unknown = JSON.parse(key);
    if (Array.isArray(parts)) return parts.map((part) => (part === null ? 'NULL' : String(part))).join(' / ');
  } catch {
    // Not one of ours; shown as it is.
  }
  return key;
}

const HOPS: Readonly<Record<Hop, string>> = {
  'source-to-log': 'between source and log: the change was not captured',
  log: 'in the log: the event was removed before it was consumed',
  'log-to-sink': 'between log and sink: the event was consumed, but not applied, or applied incorrectly',
};

/** Where an event is in the source's own log, as a part of a sentence; empty where it does not say. */
export function positionText({ position, lsn }: NonNullable<ToldFinding['event']>): string {
  const at = position ?? lsn;
  return at === undefined ? '' : `, source position ${at}`;
}

/** Where it went wrong, and how, as far as the class tells: goes on behind “Went wrong”. */
export function hopText(hop: Hop, anomaly?: Anomaly): string {
  if (hop === 'log-to-sink' && anomaly === 'stalled') return 'between log and sink: the consumer has stopped';
  if (hop === 'log-to-sink' && anomaly === 'duplicate')
    return 'between log and sink: the row was written more than once';
  if (hop !== 'source-to-log') return HOPS[hop];
  if (anomaly === 'corrupt') return 'between source and log: the value was altered at capture';
  return anomaly === 'stalled' ? 'between source and log: capture has stopped' : HOPS[hop];
}

const TITLES: Readonly<Record<Anomaly, string>> = {
  lost: 'Lost row',
  orphan: 'Orphan row',
  duplicate: 'Duplicate row',
  stale: 'Stale row',
  resurrected: 'Resurrected row',
  corrupt: 'Corrupt value',
  'missing-column': 'Missing column',
  'extra-column': 'Extra column',
  reordered: 'Reordered changes',
  'partial-transaction': 'Partial transaction',
  invariant: 'Invariant violated',
  stalled: 'Stalled pipeline',
};

export function anomalyTitle(anomaly: Anomaly): string {
  return TITLES[anomaly];
}
