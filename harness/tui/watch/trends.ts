import { count, duration } from '#report/words.ts';
import { left } from '../fit.ts';
import { sparkline } from '../sparkline.ts';
import { chosenVariant } from './keys.ts';
import type { View } from './view.ts';

const LABEL = 9;
const FIGURE = 22;
const TAIL = 18;
/** So that a delay as usual does not look like one that is not. */
const LAG_SCALE_MIN_MS = 1000;

/** Write rate, and the chosen variant's lag and latency, each with how it went of late. Three lines. */
export function trendLines({ state, ui, columns, paint }: View): string[] {
  const { report, rates } = state;
  const width = Math.max(8, columns - LABEL - FIGURE - TAIL - 2);
  const line = (label: string, figure: string, values: readonly number[], scale: number, tail: string): string =>
    `${paint('dim', left(label, LABEL))}${left(figure, FIGURE)} ${left(sparkline(values, scale, width), width)} ${paint('dim', tail)}`;
  const chosen = chosenVariant(ui, state) ?? '';
  const variant = report?.variants.find((one) => one.variant === chosen);
  const writers = report?.writers;
  const speed = `${count(writers?.transactions_per_second ?? 0)} of ${count(writers?.rate ?? 0)} tx/s`;
  const lags = state.lag[chosen] ?? [];
  const latencies = state.latency[chosen] ?? [];
  const latency = latencies.at(-1);
  const lagScale = Math.max(LAG_SCALE_MIN_MS, ...lags.slice(-width));
  const latencyScale = Math.max(LAG_SCALE_MIN_MS, ...latencies.slice(-width));
  const lag = `${count(variant?.lag.records ?? 0)} rec, ${duration(variant?.lag.ms ?? 0)}`;
  return [
    line(
      ...(['writes', writers?.state === 'paused' ? '‖ paused' : speed, rates] as const),
      ...([
        Math.max(writers?.rate ?? 0, ...rates.slice(-width)),
        `${count(writers?.committed ?? 0)} committed`,
      ] as const),
    ),
    line('lag', lag, lags, lagScale, `full: ${duration(lagScale)}`),
    line(
      ...(['latency', latency === undefined ? 'nothing arrived yet' : `${duration(latency)} to sink`] as const),
      ...([latencies, latencyScale, latency === undefined ? '' : `full: ${duration(latencyScale)}`] as const),
    ),
  ];
}
