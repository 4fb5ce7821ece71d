import type { LabReport, LabVariant } from '#contracts/lab-report.ts';
import { optional, shape, text } from '#contracts/schema.ts';
import { isNamed } from '#lab/tools/topic-names.ts';
import { CURSOR, requireKnown, tool, VARIANT } from '../tool.ts';

/** Faults that are shown, the newest last. */
const FAULTS = 5;

export const verifierReport = tool({
  name: 'verifier_report',
  description:
    'What the verifier says now: PASS, WARN, FAIL, SYNC_IN_PROGRESS (lag, not loss) or UNKNOWN of each variant and table, why, and examples of wrong rows (class, key, hop, both rows). Also writers, and the last faults with their state.',
  args: shape({
    ...VARIANT,
    table: optional(text('only findings of this table')),
    ...CURSOR,
  }),
  async run({ variant, table }, { lab }, signal) {
    const report = await lab().get<LabReport>('/api/v1/report', signal);
    requireKnown(
      'variant',
      variant,
      report.variants.map((one) => one.variant),
    );
    const variants = report.variants.filter((one) => variant === undefined || one.variant === variant);
    const { status, judged_at, writers, faults } = report;
    return {
      facts: {
        ...{ status, phase: report.lab.phase, now: report.lab.now, judged_at, writers },
        variants: variants.map(summary),
        faults: faults
          .slice(-FAULTS)
          .map(({ id, step, state, verdict, doing }) => ({ id, step, state, verdict, doing })),
      },
      list: {
        name: 'findings',
        items: variants.flatMap(({ variant: name, examples }) =>
          examples
            .filter((finding) => table === undefined || isNamed(finding.table ?? '', table))
            .map((finding) => ({ variant: name, ...finding })),
        ),
      },
    };
  },
});

function summary({ title: _, tables, examples: __, causes, ...one }: LabVariant) {
  return {
    ...one,
    tables: Object.fromEntries(
      tables.map(({ table, status, source_rows, sink_rows, in_flight }) => [
        table,
        { status, source_rows, sink_rows, in_flight },
      ]),
    ),
    causes: causes.map(({ code, says, remedy }) => ({ code, says, remedy })),
  };
}
