/** The middle value, or the mean of the two in the middle; undefined of none. */
export function median(values: readonly number[]): number | undefined {
  return quantile(values, 0.5);
}

/** The value below which this share of the values lies, interpolated between its neighbours; undefined of none. */
export function quantile(values: readonly number[], share: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)];
  const high = sorted[Math.ceil(at)];
  return low === undefined || high === undefined ? undefined : low + (high - low) * (at - Math.floor(at));
}

/** `17 – 23`: the least and the greatest. */
export function spread(values: readonly number[], digits: number): string {
  return values.length === 0 ? '' : `${Math.min(...values).toFixed(digits)} – ${Math.max(...values).toFixed(digits)}`;
}
