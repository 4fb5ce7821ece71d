import { toneOf } from '#report/text.ts';
import { plural } from '#report/words.ts';
import { alternatives } from '#std/alternatives.ts';
import { cut, widthOf } from '../fit.ts';
import { standingAlerts } from './state.ts';
import { clock, roughly, type View, verdictText } from './view.ts';

/** A word about what was done stands for so long. */
const SAID_FOR_MS = 12_000;
/** A check a second is usual; after so long without one it is told. */
const JUDGED_LATE_MS = 15_000;

/** The lab, how it is, and the verdict on it: one line. */
export function headerLine({ state, now, columns, paint }: View): string {
  const { report } = state;
  if (report === undefined) return paint('strong', 'Driftlab');
  const { lab, status, judged_at } = report;
  const judged = judged_at === null ? 'not judged yet' : `judged ${roughly(now - Date.parse(judged_at))} ago`;
  const verdict = verdictText(status);
  const room = columns - widthOf(verdict) - widthOf(judged) - 4;
  const up = `up ${roughly(now - Date.parse(lab.started_at))}`;
  const told = fitting([`Driftlab  ${lab.phase}`, up, `seed ${lab.seed}`, `lab ${lab.id}`], room);
  const gap = ' '.repeat(Math.max(1, room - widthOf(told) + 2));
  return `${paint('strong', told)}${gap}${paint('dim', judged)}  ${paint(toneOf(status), verdict)}`;
}

/** As many of the parts as fit; the first is always there. */
function fitting(parts: readonly string[], width: number): string {
  const fits = parts.findLastIndex((_, index) => widthOf(parts.slice(0, index + 1).join(' · ')) <= width);
  return cut(parts.slice(0, Math.max(1, fits + 1)).join(' · '), width);
}

/** What a person must know before all else: one line at least, so that nothing jumps when there is nothing. */
export function bannerLines(view: View): string[] {
  const lines = [...linkLines(view), ...alertLines(view)];
  if (lines.length > 0) return lines;
  const { state, now, paint } = view;
  const { said, report } = state;
  if (said !== undefined && now - said.at < SAID_FOR_MS) return [paint(said.tone, said.text)];
  if (report?.writers.failure != null) return [paint('odd', `! a writer has failed: ${report.writers.failure}`)];
  const late = report?.judged_at == null ? 0 : now - Date.parse(report.judged_at);
  return [late > JUDGED_LATE_MS ? paint('odd', `! no check for ${roughly(late)}: the data below is from then`) : ''];
}

/** What a person must know of the lab not being there, and what to do. */
export function linkLines({ state, now, paint }: View): string[] {
  const { link, address, report } = state;
  if (link.kind === 'attached') return [];
  if (link.kind === 'seeking') {
    return link.why === '' ? [] : [paint('odd', `no lab at ${address} (${link.why}); npx driftlab up starts one`)];
  }
  const went = report?.lab.phase === 'stopping' ? 'the lab has gone down' : 'the lab is away';
  return [
    paint('bad', `✗ ${went} since ${clock(link.since)}, ${roughly(now - link.since)} (${link.why})`),
    paint('odd', '  the data below is from then; npx driftlab up starts it again, q leaves'),
  ];
}

/** The alerts that stand, with what to do about the first. */
function alertLines({ state, paint }: View): string[] {
  const [first, ...more] = standingAlerts(state.report);
  if (first === undefined) return [];
  const others = more.length === 0 ? '' : ` (and ${plural(more.length, 'alert')} more)`;
  return [
    paint('bad', `! LAG ALERT${others}: ${first.text}`),
    paint('odd', `  do: ${alternatives(first.cause.remedy)}`),
  ];
}
