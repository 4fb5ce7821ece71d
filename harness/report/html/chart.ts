import type { FaultTimes, LagSample, ModeReport, Report } from '../report.ts';
import { count, duration } from '../words.ts';
import type { Markup } from './markup.ts';
import { anchor, markup } from './markup.ts';

/** All lengths are in the units of the drawing's own coordinates, about a pixel each. */
const WIDTH = 640;
const LEFT = 104;
const RIGHT = 104;
const TOP = 22;
const LANE = 34;
const GAP = 6;
const AXIS = 22;
const PLOT = WIDTH - LEFT - RIGHT;

/** Lag over time: a panel for each mode, a lane for each variant, so that lines that run alike hide nothing. */
export function chartsSection(report: Report): Markup | undefined {
  const modes = report.modes.filter(({ lag }) => lag.length > 0);
  if (modes.length === 0) return undefined;
  return markup`<section aria-labelledby="lag">
<h2 id="lag">Lag over time</h2>
<p class="soft">Records in the log that a variant had not applied yet. A shaded band is the time for which a fault was in.</p>
<div class="charts">${modes.map(panel)}</div></section>`;
}

interface Scale {
  readonly fromMs: number;
  readonly toMs: number;
  readonly records: number;
}

function panel(mode: ModeReport): Markup {
  const variants = [...new Set(mode.lag.flatMap((sample) => Object.keys(sample.variants)))];
  const scale = scaleOf(mode);
  const height = TOP + variants.length * (LANE + GAP) + AXIS;
  const id = anchor('chart', mode.id);
  const peaks = variants.map((name) => peakOf(mode.lag, name));
  const summary = variants.map((name, index) => {
    const peak = peaks[index];
    return `${name}: at most ${count(peak?.records ?? 0)} records`;
  });
  return markup`<figure class="card"><figcaption><h3><a href="#${anchor('mode', mode.id)}">${mode.title}</a></h3>
<span class="soft">full height: ${count(scale.records)} records</span></figcaption>
<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="${id}-title ${id}-text">
<title id="${id}-title">Lag in mode ${mode.id}</title>
<desc id="${id}-text">${summary.join('; ')}. ${mode.faults.map((fault) => faultSentence(fault, scale)).join(' ')}</desc>
${variants.map((_, index) => markup`<rect class="lane" x="${LEFT}" y="${laneTop(index)}" width="${PLOT}" height="${LANE}" rx="3"/>`)}
${axis(scale, variants.length)}
${mode.faults.map((fault, index) => band(fault, index, scale, variants.length))}
${variants.map((name, index) => lane(mode.lag, name, index, scale, peaks[index]))}
</svg></figure>`;
}

function scaleOf(mode: ModeReport): Scale {
  const times = [
    ...mode.lag.map(({ at_ms }) => at_ms),
    ...mode.faults.flatMap(({ injected_ms, healed_ms }) => [injected_ms, healed_ms ?? injected_ms]),
  ];
  const records = mode.lag.flatMap(({ variants }) => Object.values(variants).map((lag) => lag.records));
  const fromMs = Math.min(...times);
  return { fromMs, toMs: Math.max(fromMs + 1000, ...times), records: niceAbove(Math.max(10, ...records)) };
}

/** The next round number: a scale that ends in one can be read. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 1.5, 2, 2.5, 3, 4, 5, 6, 8].find((step) => step * power >= value) ?? 10) * power;
}

function x(atMs: number, { fromMs, toMs }: Scale): number {
  return tenth(LEFT + (PLOT * (atMs - fromMs)) / (toMs - fromMs));
}

function laneTop(index: number): number {
  return TOP + index * (LANE + GAP);
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}

function axis(scale: Scale, lanes: number): Markup {
  const seconds = (scale.toMs - scale.fromMs) / 1000;
  const step = [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600].find((size) => seconds / size <= 8) ?? seconds / 8;
  const bottom = laneTop(lanes) - GAP;
  const ticks = Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => index * step);
  return markup`${ticks.map((second) => {
    const at = x(scale.fromMs + second * 1000, scale);
    return markup`<line class="grid" x1="${at}" x2="${at}" y1="${TOP}" y2="${bottom}"/><text class="quiet" x="${at}" y="${bottom + 15}" text-anchor="middle">${second} s</text>`;
  })}`;
}

function band(fault: FaultTimes, index: number, scale: Scale, lanes: number): Markup {
  const from = x(fault.injected_ms, scale);
  const to = x(fault.healed_ms ?? scale.toMs, scale);
  const bottom = laneTop(lanes) - GAP;
  const label = `${index + 1} ${fault.kind}`;
  // Near the right edge there is no room for the label but to the left of the line.
  const flip = from > LEFT + PLOT * 0.72;
  return markup`<g><title>${faultSentence(fault, scale)}</title>
<rect class="band" x="${from}" y="${TOP - 4}" width="${tenth(Math.max(1, to - from))}" height="${bottom - TOP + 4}"/>
<line class="bound" x1="${from}" x2="${from}" y1="${TOP - 4}" y2="${bottom}"/>
<line class="bound" x1="${to}" x2="${to}" y1="${TOP - 4}" y2="${bottom}"/>
<text class="fault-label" x="${from}" y="${TOP - 8}" text-anchor="${flip ? 'end' : 'start'}">${label}</text></g>`;
}

function faultSentence({ kind, step, injected_ms, healed_ms }: FaultTimes, { fromMs }: Scale): string {
  const from = duration(Math.max(0, injected_ms - fromMs));
  if (healed_ms === null) return `Fault ${kind} (${step}) from ${from}, never healed.`;
  return `Fault ${kind} (${step}) from ${from}, healed after ${duration(healed_ms - injected_ms)}.`;
}

interface Peak {
  readonly at_ms: number;
  readonly records: number;
  readonly ms: number;
}

function peakOf(lag: readonly LagSample[], name: string): Peak | undefined {
  let peak: Peak | undefined;
  for (const { at_ms, variants } of lag) {
    const here = variants[name];
    if (here !== undefined && (peak === undefined || here.records > peak.records)) peak = { at_ms, ...here };
  }
  return peak;
}

function lane(lag: readonly LagSample[], name: string, index: number, scale: Scale, peak: Peak | undefined): Markup {
  const bottom = laneTop(index) + LANE;
  const y = (records: number) => tenth(bottom - (LANE - 2) * Math.min(1, records / scale.records));
  const points = lag.flatMap(({ at_ms, variants }) => {
    const here = variants[name];
    return here === undefined ? [] : [`${x(at_ms, scale)},${y(here.records)}`];
  });
  const first = points[0]?.split(',')[0] ?? LEFT;
  const last = points.at(-1)?.split(',')[0] ?? LEFT;
  const middle = bottom - LANE / 2;
  return markup`<text x="${LEFT - 8}" y="${middle + 4}" text-anchor="end">${name}</text>
<polygon class="area" points="${`${first},${bottom} ${points.join(' ')} ${last},${bottom}`}"/>
<polyline class="edge" points="${points.join(' ')}"/>
${
  peak !== undefined &&
  markup`<circle class="peak" cx="${x(peak.at_ms, scale)}" cy="${y(peak.records)}" r="3"><title>${name}: peak of ${count(peak.records)} records</title></circle>
<text x="${WIDTH - RIGHT + 10}" y="${middle - 1}">${count(peak.records)}</text><text class="quiet" x="${WIDTH - RIGHT + 10}" y="${middle + 13}">peak, ${duration(peak.ms)}</text>`
}`;
}
