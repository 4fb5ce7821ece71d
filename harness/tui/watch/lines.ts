import type { LabFault } from '#contracts/lab-fault.ts';
import type { LabAlert, LabReport, LabVariant } from '#contracts/lab-report.ts';
import { ANOMALIES } from '#model/finding.ts';
import type { LabEvent } from '#model/lab.ts';
import type { Paint } from '#report/text.ts';
import { plain, toneOf } from '#report/text.ts';
import { anomaliesText, causeLines, count, duration, inPartText, keyText, plural } from '#report/words.ts';
import { visible } from '#std/visible.ts';
import { lineReporter } from '../lines.ts';
import { outcomeText } from './faults.ts';
import { type Found, foundInCheck } from './found.ts';
import type { WatchInput } from './state.ts';
import { clock, roughly } from './view.ts';

/** Of one class in one variant so many findings are told one by one; what more there are, the checks count. */
const FINDINGS_TOLD_MAX = 5;

/** The live lab as plain lines, for pipes and CI: how it stands when it is met, then what happens, stamped by the clock. */
export function watchLines(paint: Paint = plain): (input: WatchInput) => readonly string[] {
  const runLines = lineReporter(paint, clock);
  const told = new Map<string, string>();
  const checkNews = newFindings(paint);
  let lab: string | undefined;
  /** What is older was there before we came: the report has it. */
  let since = 0;
  let awaySince: number | undefined;

  const line = (at: number, text: string): string => `${paint('dim', clock(at))}  ${text}`;
  const changed = (what: string, state: string): boolean => {
    if (told.get(what) === state) return false;
    told.set(what, state);
    return true;
  };

  return (input) => {
    switch (input.kind) {
      case 'attached': {
        const back = awaySince === undefined ? [] : [line(input.at, `back after ${roughly(input.at - awaySince)}`)];
        awaySince = undefined;
        return back;
      }
      case 'away':
        if (awaySince !== undefined) return [];
        awaySince = input.at;
        return [line(input.at, paint('bad', `the lab is away: ${input.why}`))];
      case 'said':
        return [line(input.said.at, paint(input.said.tone, input.said.text))];
      case 'answers': {
        const { report } = input.answers;
        if (report === undefined || report.lab.id === lab) return [];
        lab = report.lab.id;
        since = Date.parse(report.lab.now);
        for (const fault of report.faults) told.set(fault.id, fault.state);
        for (const alert of report.alerts) told.set(alert.id, alertState(alert));
        told.set('writers', `${report.writers.state} ${report.writers.rate}`);
        return reportLines(report, paint).map((text) => line(since, text));
      }
      case 'event': {
        const { event } = input;
        if (event.at <= since) return [];
        return eventLines(event, (texts) => texts.map((text) => line(event.at, text)));
      }
    }
  };

  function eventLines(event: LabEvent, stamped: (texts: readonly string[]) => string[]): readonly string[] {
    switch (event.type) {
      case 'lab-fault':
        return changed(event.fault.id, event.fault.state) ? stamped(faultNews(event.fault, paint)) : [];
      case 'lab-alert':
        return changed(event.alert.id, alertState(event.alert)) ? stamped(alertNews(event.alert, paint)) : [];
      case 'lab-causes':
        return event.causes.length === 0 ? [] : stamped(whyNews(event));
      case 'lab-writers': {
        const { state, rate } = event.writers;
        return changed('writers', `${state} ${rate}`)
          ? stamped([`writers ${state}, aiming at ${count(rate)} tx/s`])
          : [];
      }
      case 'lab-phase':
        return stamped([`the lab is ${event.phase}`]);
      case 'step-judged':
        // The lab says of the same what the fault added to what was there before it.
        return [];
      case 'check':
        return [...runLines(event), ...stamped(checkNews(event))];
      default:
        return runLines(event);
    }
  }
}

/** The findings of checks, one after another, that are worth a line each. */
function newFindings(paint: Paint): (check: Extract<LabEvent, { readonly type: 'check' }>) => string[] {
  /** How many were told, by variant and class, since there were none. */
  const told = new Map<string, number>();
  return ({ variants, at }) => {
    for (const { variant, counts } of variants) {
      for (const anomaly of ANOMALIES) if ((counts[anomaly] ?? 0) === 0) told.delete(`${variant} ${anomaly}`);
    }
    return foundInCheck(variants, at).flatMap((found) => {
      const name = `${found.variant} ${found.finding.anomaly}`;
      const before = told.get(name) ?? 0;
      told.set(name, before + 1);
      if (before < FINDINGS_TOLD_MAX) return [findingText(found, paint)];
      return before === FINDINGS_TOLD_MAX ? [`  ${found.variant}  ${found.finding.anomaly}: and more of them`] : [];
    });
  };
}

/** How the lab stands: one line, and one for each variant. */
function reportLines({ lab, status, writers, variants, faults, alerts }: LabReport, paint: Paint): string[] {
  const width = Math.max(0, ...variants.map(({ variant }) => variant.length));
  const under = faults.filter(({ state }) => state === 'injecting' || state === 'settling');
  const rate = `${count(writers.transactions_per_second)} of ${count(writers.rate)} tx/s`;
  return [
    `lab ${lab.id} is ${lab.phase}, seed ${lab.seed}, writers ${writers.state} (${rate}): ${paint(toneOf(status), status)}`,
    ...variants.map((variant) => {
      const counts = anomaliesText(variant.anomalies);
      const more = [
        counts,
        variant.reason ?? '',
        `${plural(variant.in_flight, 'key')} in flight`,
        inPartText(variant.partial_transactions),
      ];
      const lag = `lag ${count(variant.lag.records)} records, ${duration(variant.lag.ms)}`;
      return `  ${variant.variant.padEnd(width)}  ${paint(toneOf(variant.status), variant.status)}  ${lag}  ${more.filter((part) => part !== '').join(', ')}`;
    }),
    ...variants.flatMap(whyNews),
    ...under.flatMap((fault) => faultNews(fault, paint)),
    ...alerts.filter(({ until }) => until === null).flatMap((alert) => alertNews(alert, paint)),
  ];
}

function faultNews(fault: LabFault, paint: Paint): string[] {
  switch (fault.state) {
    case 'injecting':
      return [paint('odd', `${fault.id} requested: ${fault.title}`), `  watch for: ${fault.watch_for}`];
    case 'settling':
      return [`${fault.id} healed, settling`];
    case 'settled':
    case 'failed': {
      const verdict = fault.verdict ?? 'UNKNOWN';
      const why = fault.error?.split('\n')[0] ?? fault.evidence?.text ?? fault.doing;
      const outcomes = Object.entries(fault.variants);
      const width = Math.max(0, ...outcomes.map(([name]) => name.length));
      return [
        `${fault.id} ${fault.state}: ${paint(toneOf(verdict), verdict)}  ${why}`,
        ...outcomes.map(([name, outcome]) => `  ${name.padEnd(width)}  ${outcomeText(outcome, paint)}`),
      ];
    }
  }
}

function whyNews({ variant, causes }: Pick<LabVariant, 'variant' | 'causes'>): string[] {
  return causes.flatMap((cause) =>
    causeLines(cause).map((line, index) => `  ${index === 0 ? `${variant}, why: ` : '  '}${visible(line)}`),
  );
}

function alertState({ until }: LabAlert): string {
  return until === null ? 'stands' : 'over';
}

function alertNews(alert: LabAlert, paint: Paint): string[] {
  if (alert.until !== null) return [`lag alert of ${alert.variant} has ended`];
  return [paint('bad', `LAG ALERT: ${alert.text}`), ...causeLines(alert.cause).map((line) => `  ${line}`)];
}

function findingText({ variant, finding }: Found, paint: Paint): string {
  const where = [finding.table ?? '', finding.key === undefined ? '' : visible(keyText(finding.key))];
  const named = where.filter((part) => part !== '').join(' ');
  return `  ${variant}  ${paint('bad', finding.anomaly)}  ${named}${named === '' ? '' : ': '}${visible(finding.detail)}`;
}
