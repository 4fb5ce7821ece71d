const BARS = '▁▂▃▄▅▆▇█';

/**
 * The last `width` values as bars, the highest for `max` and above. What is more than nothing is never drawn as nothing:
 * a lag of one record must not look like none.
 */
export function sparkline(values: readonly number[], max: number, width: number): string {
  return values
    .slice(-width)
    .map((value) => {
      const share = max <= 0 ? 0 : Math.min(1, Math.max(0, value) / max);
      const bar = value <= 0 ? 0 : Math.max(1, Math.round(share * (BARS.length - 1)));
      return BARS[bar] ?? '';
    })
    .join('');
}

/** How far something has come, as a bar of `width` characters. */
export function progressBar(done: number, whole: number, width: number): string {
  const filled = whole <= 0 ? 0 : Math.round(Math.min(1, Math.max(0, done / whole)) * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}
