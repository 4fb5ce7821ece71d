import type { ContextFacts } from '#model/context.ts';
import { ANOMALIES, type AnomalyCounts } from '#model/finding.ts';
import { listed, type SectionMaker } from './section.ts';

function countsOf(counts: AnomalyCounts): string {
  return listed(ANOMALIES.flatMap((one) => ((counts[one] ?? 0) === 0 ? [] : [`${counts[one]} ${one}`])));
}

export const situation: SectionMaker = {
  id: 'situation',
  title: 'Situation',
  why: 'what was broken, and how things are now',
  more: 'driftlab status',
  lines: ({ mode, title, story, steps, report }) => {
    const last = report.faults.findLast((fault) => fault.mode === mode);
    return [
      `${mode}: ${title}. ${story}`,
      `overall ${report.status}; the lab is ${report.lab.phase}; checked at ${report.judged_at ?? 'never'}`,
      ...report.variants.map(
        ({ variant, status, consumer, anomalies, lag }) =>
          `${variant}: ${status}; consumer ${consumer}; anomalies: ${countsOf(anomalies)}; lag ${lag.records} records`,
      ),
      ...(last === undefined
        ? [`the fault ${mode} was not injected since the lab was started`]
        : [
            `last fault ${last.id} (${last.step}): ${last.state}, requested at ${last.requested_at}; ${last.evidence?.text ?? last.doing}`,
            `figures: ${JSON.stringify(last.evidence?.figures ?? {})}`,
            ...Object.entries(last.variants).map(
              ([variant, { status, seen, expected }]) =>
                `  ${variant}: ${status}, showed ${seen}; expected: ${expected}`,
            ),
          ]),
      `steps of ${mode}: ${steps.map((step) => `${step.id} (${step.title})`).join('; ')}`,
    ];
  },
};

export const decision: SectionMaker = {
  id: 'decision',
  title: 'Decision',
  why: 'what is to be done, and why',
  more: 'driftlab decide --all',
  lines: ({ decisions }) =>
    decisions.flatMap(({ about, subject, cause, outcome, recommended, path, sound }) =>
      sound
        ? [`${about} ${subject}: nothing is to be done [${outcome}]`]
        : [
            `${about} ${subject}: ${cause} [${outcome}]`,
            `  recommended: ${recommended.run.join('; ')} (${recommended.why})`,
            ...path.map(({ asks, answer, evidence }) => `  ${asks} ${answer}: ${evidence}`),
          ],
    ),
};

export const verification: SectionMaker = {
  id: 'verification-report',
  title: 'Verification report',
  why: 'which rows are wrong, how, and at which hop',
  more: 'driftlab status --json',
  lines: ({ report }) => report.variants.flatMap((one) => verdictLines(one)),
};

function verdictLines({
  variant,
  status,
  tables,
  causes,
  examples,
  reason,
}: ContextFacts['report']['variants'][number]) {
  return [
    `${variant}: ${status}${reason === undefined ? '' : `, ${reason}`}`,
    ...tables.map(
      (table) =>
        `  ${table.table}: ${table.source_rows} rows at the source, ${table.sink_rows} at the sink, ${table.in_flight} keys in flight; ${countsOf(table.anomalies)}`,
    ),
    ...causes.map(({ code, says, remedy }) => `  cause ${code}: ${says} To fix it: ${remedy.join('; or ')}`),
    ...examples
      .slice(0, 3)
      .map(
        ({ anomaly, table, key, hop, detail }) =>
          `  ${anomaly} ${table ?? ''} ${key ?? ''} (${hop ?? 'hop not known'}): ${detail}`,
      ),
  ];
}

export const events: SectionMaker = {
  id: 'recent-events',
  title: 'Recent events',
  why: 'what happened, newest first',
  more: 'curl -sN localhost:8089/api/v1/events',
  lines: ({ events: all }) => all.toReversed().map(({ at, text }) => `${new Date(at).toISOString()} ${text}`),
};

export const errors: SectionMaker = {
  id: 'error-logs',
  title: 'Error logs',
  why: 'what the servers say went wrong, newest first',
  more: 'driftlab logs NAME',
  lines: ({ errors: byNode }) => {
    const lines = Object.entries(byNode).flatMap(([node, all]) => all.toReversed().map((line) => `${node}: ${line}`));
    return lines.length === 0 ? ['no log reports an error'] : lines;
  },
};

export const memory: SectionMaker = {
  id: 'memory',
  title: 'Memory',
  why: 'what is known from earlier, as pipeline_state and recovery_history',
  more: 'driftlab memory',
  lines: ({ memory: { pipeline_state, recovery_history } }) => [
    ...pipeline_state.known_issues.map((one) => `known issue: ${one}`),
    ...pipeline_state.recent_failures.toReversed().map((one) => `recent failure: ${one}`),
    ...recovery_history.toReversed().map((one) => `recovery: ${JSON.stringify(one)}`),
    `rows at the source: ${JSON.stringify(pipeline_state.source_row_counts)}; at the soundest sink: ${JSON.stringify(pipeline_state.sink_row_counts)}`,
  ],
};
