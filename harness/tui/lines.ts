import type { VariantVerdict } from '#model/observation.ts';
import type { RunEvent, StepResult } from '#model/run-event.ts';
import { markOf } from '#report/matrix.ts';
import type { Paint } from '#report/text.ts';
import { MARKS, plain, toneOf } from '#report/text.ts';
import { anomaliesText, duration, expectationText, inPartText, plural, seenText } from '#report/words.ts';

/** Takes a run's events and gives the lines to print for each; most give none. */
export type LineReporter = (event: RunEvent) => readonly string[];

/** A line about one wait at most this often. */
const WAIT_LINE_MS = 1000;

/** While a mode's writers run, a line about lag and rate at most this often. */
const SAMPLE_LINE_MS = 5000;

/** What stands before a line: when it was. `at` and `startedAt`, of the first event, are ms since the epoch. */
export type Stamp = (at: number, startedAt: number) => string;

const secondsSinceStart: Stamp = (at, startedAt) => `${((at - startedAt) / 1000).toFixed(1).padStart(6)}s`;

/**
 * A run as plain lines, for pipes and CI: one for each event that means something to a person, never more than one a
 * second while it waits. Times are seconds since the run started, unless `stamp` says otherwise.
 */
export function lineReporter(paint: Paint = plain, stamp: Stamp = secondsSinceStart): LineReporter {
  let startedAt: number | undefined;
  let waitSaidAt = Number.NEGATIVE_INFINITY;
  let sampleSaidAt = Number.NEGATIVE_INFINITY;
  /** What was last said of each variant of the running mode, so that only changes are told. */
  let told = new Map<string, string>();

  return (event) => {
    startedAt ??= event.at;
    const at = paint('dim', stamp(event.at, startedAt));
    const line = (...parts: readonly string[]) => [`${at}  ${parts.join('  ')}`];
    switch (event.type) {
      case 'run-started':
        return [
          `${paint('strong', event.title)}`,
          `${event.scenario}, seed ${event.seed}, ${event.rate} transactions/s, faults held ${duration(event.holdMs)}`,
          `modes ${event.modes.map(({ id }) => id).join(', ')}; variants ${event.variants.join(', ')}`,
        ];
      case 'node': {
        if (event.state === 'starting' || event.state === 'stopped') return [];
        const took = event.tookMs === undefined ? '' : ` after ${duration(event.tookMs)}`;
        return line(`${event.node} ${event.state}${took}`);
      }
      case 'stack-ready':
        return line(`every server answers after ${duration(event.tookMs)}`);
      case 'mode-started':
        told = new Map();
        sampleSaidAt = event.at;
        return line(paint('strong', event.mode), `${event.title}: ${event.variants.join(', ')}`);
      case 'mode-skipped':
        return line(paint('strong', event.mode), `skipped: ${event.why}`);
      case 'step-skipped':
        return line(where(event), `skipped: ${event.why}`);
      case 'phase':
        // That a step is done is said by its judgement.
        if (event.phase === 'done') return [];
        return line(where(event), event.phase.padEnd(8), event.text);
      case 'fault':
        return line(where(event), paint('odd', `fault ${event.state}: ${event.kind}`), ...optional(event.text));
      case 'wait': {
        if (event.at - waitSaidAt < WAIT_LINE_MS) return [];
        waitSaidAt = event.at;
        return line(waitText(event));
      }
      // In the report, where it is read once and not again in every mode.
      case 'subject':
      case 'source-log':
      case 'writes-refused':
      case 'circumstances':
        return [];
      case 'sample': {
        if (event.at - sampleSaidAt < SAMPLE_LINE_MS) return [];
        sampleSaidAt = event.at;
        return line(event.mode, sampleText(event));
      }
      case 'check': {
        // What the final check saw is told with what was expected, when its step is judged.
        if (event.kind === 'final') return [];
        const news = checkNews(event.variants, told, paint);
        return news === undefined ? [] : line(where(event), `${event.kind} check`, news);
      }
      case 'step-judged':
        return stepLines(event.result, paint).flatMap((text, index) =>
          index === 0 ? line(text) : [`         ${text}`],
        );
      case 'mode-ended': {
        const verdict = paint(toneOf(event.verdict), event.verdict);
        return line(paint('strong', event.mode), `${verdict} after ${duration(event.durationMs)}`);
      }
      case 'note':
        return line(event.level === 'info' ? event.text : paint('odd', `${event.level}: ${event.text}`));
      case 'run-ended':
        return [];
    }
  };
}

function where(event: { readonly mode: string; readonly step?: string }): string {
  return event.step === undefined ? event.mode : stepName(event.mode, event.step);
}

/** `lag/pause`; a mode's only step often goes by its name, which is then said once. */
function stepName(mode: string, step: string): string {
  return mode === step ? mode : `${mode}/${step}`;
}

function optional(text: string | undefined): string[] {
  return text === undefined ? [] : [text];
}

type Wait = Extract<RunEvent, { readonly type: 'wait' }>;

/** What is waited for or kept up, how long already and how long at most, and what was last seen. */
function waitText({ what, hold, waitedMs, limitMs, saw }: Omit<Wait, 'at' | 'type'>): string {
  const seen = saw === undefined ? '' : `; ${saw}`;
  if (hold === true) return `holding: ${what} (${duration(waitedMs)} of ${duration(limitMs)})`;
  return `waiting for ${what} (${duration(waitedMs)} of ${duration(limitMs)} at most${seen})`;
}

function sampleText({ lag, transactionsPerSecond, committed }: Extract<RunEvent, { readonly type: 'sample' }>): string {
  const lags = Object.entries(lag).map(([name, { records, ms }]) => `${name} ${records}/${duration(ms)}`);
  return `${Math.round(transactionsPerSecond)} tx/s, ${plural(committed, 'transaction')}; lag in records/time: ${lags.join(', ')}`;
}

function changed(told: Map<string, string>, { variant, verdict, counts }: VariantVerdict): boolean {
  // Counts of a growing anomaly would give a line a check; that it is there is said once.
  const state = `${verdict} ${Object.keys(counts).sort().join(' ')}`;
  if (told.get(variant) === state) return false;
  told.set(variant, state);
  return true;
}

/** What a check saw that the one before did not; undefined for nothing. */
function checkNews(variants: readonly VariantVerdict[], told: Map<string, string>, paint: Paint): string | undefined {
  const news = variants.filter((seen) => changed(told, seen));
  if (news.length === 0) return undefined;
  const all = news.length === variants.length && news.length > 1;
  if (all && news.every(({ verdict }) => verdict === 'PASS'))
    return `all ${news.length} variants ${paint('good', 'PASS')}`;
  return groupedVerdicts(news, paint);
}

/** Variants of which the same is to be said share a part of the line. */
function groupedVerdicts(seen: readonly VariantVerdict[], paint: Paint): string {
  const groups = new Map<string, string[]>();
  for (const { variant, verdict, counts, inFlight, partialTransactions, reason } of seen) {
    const flying = inFlight > 0 ? `${plural(inFlight, 'key')} in flight` : '';
    const parts = [anomaliesText(counts), flying, inPartText(partialTransactions), reason ?? ''];
    const more = parts.filter((part) => part !== '').join(', ');
    const text = `${paint(toneOf(verdict), verdict)}${more === '' ? '' : ` (${more})`}`;
    groups.set(text, [...(groups.get(text) ?? []), variant]);
  }
  return [...groups].map(([text, variants]) => `${variants.join(', ')} ${text}`).join('; ');
}

/** What a judged step showed: whether its fault bit, then a line for each variant. */
export function stepLines({ mode, step, fault, variants }: StepResult, paint: Paint): string[] {
  const bite = fault.bit ? 'the fault took effect' : paint('odd', 'the fault had no effect');
  const width = Math.max(...Object.keys(variants).map((name) => name.length));
  return [
    `${stepName(mode, step)}  ${bite}: ${fault.summary}`,
    ...Object.entries(variants).map(([name, { expected, seen, met, convergedMs }]) => {
      const mark = markOf({ bit: fault.bit, verdict: seen.verdict, met });
      const tone = mark === 'met' ? 'good' : mark === 'unmet' ? 'bad' : 'odd';
      const saw = seenText(seen.verdict, seen.counts, seen.reason);
      const drained = convergedMs === undefined ? '' : duration(convergedMs);
      const seenIn =
        drained === '' ? saw : seen.verdict === 'PASS' ? `${saw} in ${drained}` : `${saw} (drained in ${drained})`;
      const told = mark === 'met' ? `${seenIn}, as expected` : `expected ${expectationText(expected)}; seen ${seenIn}`;
      return `${paint(tone, MARKS[mark])} ${name.padEnd(width)}  ${told}`;
    }),
  ];
}
