import type { LabFault, LabOutcome } from '#contracts/lab-fault.ts';
import type { Paint } from '#report/text.ts';
import { MARKS } from '#report/text.ts';
import { duration } from '#report/words.ts';
import { progressBar } from '../sparkline.ts';
import { choiceOf, faultKeys, modesHere, type Wish } from './choices.ts';
import { faultUnderWay, type WatchState } from './state.ts';
import { paintedVerdict, roughly, type View } from './view.ts';

const LABEL = '         ';
const BAR = 12;
/** A wait says its word at least once a second; after twice that it is over. */
const WAIT_STALE_MS = 2500;

/** The fault that is in, with its countdown; else what became of the last ones, as far as `lines` go. Two at least. */
export function faultLines(view: View, lines: number): string[] {
  const { ui, state } = view;
  const under = faultUnderWay(state.report);
  const first = under === undefined ? idleLines(view) : underWayLines(under, view);
  const told = ui.wish === undefined ? first : [wishLine(ui.wish, view), ...first.slice(0, 1)];
  const past = (state.report?.faults ?? []).filter(({ id }) => id !== under?.id).toReversed();
  const rest = under === undefined && ui.wish === undefined ? past.slice(1) : past;
  return [...told, ...rest.map((fault) => `${LABEL}${pastText(fault, view)}`)].slice(0, Math.max(lines, 2));
}

/** How many lines the fault that is in needs to be told in full. */
export function faultLinesWanted(view: View): number {
  return faultUnderWay(view.state.report) === undefined ? 2 : 3;
}

function idleLines(view: View): string[] {
  const { state, paint } = view;
  const named = [...faultKeys(state)].map(([key, { id }]) => `${paint('strong', key)} ${id}`);
  const more = modesHere(state).length - named.length;
  const keys = [...named, ...(more > 0 ? [`${paint('strong', 'f')} ${more} more`] : [])].join('  ');
  const last = state.report?.faults.at(-1);
  return [
    `${paint('dim', 'fault    ')}none active:  ${keys}`,
    `${paint('dim', 'last     ')}${last === undefined ? 'none so far' : pastText(last, view)}`,
  ];
}

function underWayLines(fault: LabFault, view: View): string[] {
  const { state, now, paint } = view;
  const wait = waitText(state, now);
  return [
    `${paint('dim', 'fault    ')}${paint('odd', `▶ ${fault.id}`)}  ${countdown(fault, view)}  ${fault.title}`,
    `${LABEL}${wait ?? fault.doing}`,
    `${LABEL}${paint('dim', `watch for: ${fault.watch_for}`)}`,
  ];
}

/** `heals in 6.8 s`, as the lab said and the clock has gone on since; else for how long it has been at it. */
function countdown(fault: LabFault, { state, now, paint }: View): string {
  if (fault.state === 'settling') {
    return paint('odd', `healed, settling for ${roughly(now - Date.parse(fault.healed_at ?? fault.requested_at))}`);
  }
  if (fault.heals_in_ms === null) return paint('odd', `active for ${roughly(now - Date.parse(fault.requested_at))}`);
  const said = state.faultAt[fault.id] ?? now;
  const left = Math.max(0, fault.heals_in_ms - Math.max(0, now - said));
  return paint('odd', `heals in ${Math.ceil(left / 1000)} s`);
}

function waitText({ wait }: WatchState, now: number): string | undefined {
  if (wait === undefined || now - wait.at > WAIT_STALE_MS) return undefined;
  const waited = Math.min(wait.limitMs, wait.waitedMs + Math.max(0, now - wait.at));
  const saw = wait.saw === undefined ? '' : ` · ${wait.saw}`;
  return `${progressBar(waited, wait.limitMs, BAR)} ${seconds(waited)} of ${seconds(wait.limitMs)} s · ${wait.what}${saw}`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(0);
}

/** `restart-1 ✓ PASS 3 min ago · insert ✓ duplicate 398 · dedup ✓ converged` */
function pastText(fault: LabFault, { now, paint }: View): string {
  if (fault.verdict === null) return `${fault.id} ${fault.doing}`;
  const when = fault.settled_at === null ? '' : ` ${roughly(now - Date.parse(fault.settled_at))} ago`;
  const head = `${fault.id} ${paintedVerdict(fault.verdict, paint)}${when}`;
  if (fault.error !== null) return `${head} · ${fault.error.split('\n')[0]}`;
  const bite = fault.evidence?.bit === false ? ' · the fault had no effect' : '';
  const seen = Object.entries(fault.variants).map(([name, outcome]) => `${name} ${outcomeText(outcome, paint)}`);
  return `${head}${bite} · ${seen.join(' · ')}`;
}

/** As a judged step's marks: met, unmet, or nothing can be said. */
export function outcomeText({ met, seen, converged_ms }: LabOutcome, paint: Paint): string {
  const mark = met === null ? paint('odd', MARKS.unjudged) : paint(met ? 'good' : 'bad', MARKS[met ? 'met' : 'unmet']);
  const took = met === true && converged_ms !== null ? ` in ${duration(converged_ms)}` : '';
  return `${mark} ${seen}${took}`;
}

/** What would be injected, and the keys that change it. */
function wishLine(wish: Wish, { state, paint }: View): string {
  const { steps, takes } = choiceOf(state, wish);
  const step = steps.length < 2 ? '' : ` · ←→ step: ${wish.step ?? 'first'}`;
  const amount = takes === undefined ? '' : ` · ↑↓ ${takes.name}: ${wish[takes.name] ?? takes.usual}`;
  return paint('strong', `inject   ${wish.mode}${step}${amount} · Enter: inject · Esc: cancel`);
}
