import type { VariantVerdict } from '#model/observation.ts';

/** Verdicts whose findings say where their events are at the source, as its engine writes a position. */
export function placed(
  verdicts: readonly VariantVerdict[],
  formatPosition: (position: bigint) => string,
): VariantVerdict[] {
  return verdicts.map((verdict) => ({
    ...verdict,
    findings: verdict.findings.map((finding) => {
      const { event } = finding;
      if (event?.lsn === undefined) return finding;
      return { ...finding, event: { ...event, position: formatPosition(event.lsn) } };
    }),
  }));
}
