import type { Hop } from '#model/finding.ts';
import type { RunEvent } from '#model/run-event.ts';
import type { ModeReport, SubjectCell, SubjectReport, VariantReport } from './report.ts';
import { causeText, hopText } from './words.ts';

/** What a run says of somebody's own pipeline; undefined for a scenario of the lab's. */
export function subjectReport(events: readonly RunEvent[], modes: readonly ModeReport[]): SubjectReport | undefined {
  const facts = events.filter((event) => event.type === 'subject');
  const [first] = facts;
  if (first === undefined) return undefined;
  const replayed = new Map(
    events.flatMap((event) =>
      event.type === 'step-judged' ? [[`${event.result.mode}/${event.result.step}`, event.result.replayed ?? 0]] : [],
    ),
  );
  return {
    cells: modes.flatMap((mode) => cellsOf(mode, replayed)),
    replaced: first.replaced.map(({ connector, property, theirs, here }) => ({ connector, property, theirs, here })),
    types: typesOf(modes),
    unchecked: [...new Set(facts.flatMap(({ unchecked }) => unchecked))],
    source_log: events.flatMap((event) => (event.type === 'source-log' ? sourceLog(event) : [])),
    refused: events.flatMap((event) =>
      event.type === 'writes-refused' ? event.refused.map((one) => ({ fault: event.mode, ...one })) : [],
    ),
  };
}

function typesOf(modes: readonly ModeReport[]): string[] {
  const subjects = new Map<string, Set<string>>();
  for (const { steps } of modes)
    for (const { variants } of steps)
      for (const [subject, { notes = [] }] of Object.entries(variants))
        for (const note of notes) subjects.set(note, (subjects.get(note) ?? new Set()).add(subject));
  return [...subjects].map(([note, names]) => `${note} (${[...names].join(', ')})`);
}

function sourceLog({
  mode,
  slots,
  writtenBytes,
  unbounded,
}: Extract<RunEvent, { readonly type: 'source-log' }>): SubjectReport['source_log'] {
  return slots.map(({ slot, retainedBytes, unconfirmedBytes }) => ({
    ...{ fault: mode, slot, written_bytes: writtenBytes },
    ...{ retained_bytes: retainedBytes, unconfirmed_bytes: unconfirmedBytes },
    unbounded: unbounded.includes(slot),
  }));
}

function cellsOf(mode: ModeReport, replayed: ReadonlyMap<string, number>): SubjectCell[] {
  return mode.steps.flatMap((step) =>
    Object.entries(step.variants).map(([subject, variant]): SubjectCell => {
      const judged = step.fault.bit === true && variant.verdict !== 'UNKNOWN';
      const survived =
        variant.verdict === 'PASS' ? (judged ? true : null) : variant.verdict === 'UNKNOWN' ? null : false;
      return {
        fault: step.id,
        subject,
        survived,
        seen:
          survived === null && variant.verdict === 'PASS' ? `not judged: ${step.fault.evidence.text}` : variant.seen,
        hops: hopsOf(variant),
        went_wrong: wentWrong(variant),
        converged_ms: variant.converged_ms,
        replayed: replayed.get(`${mode.id}/${step.id}`) ?? 0,
        longest_stall_ms: Math.max(variant.lag.ms, ...mode.lag.map(({ variants }) => variants[subject]?.ms ?? 0)),
        change: variant.causes.map(causeText),
      };
    }),
  );
}

function hopsOf({ examples }: VariantReport): Hop[] {
  return [...new Set(examples.flatMap(({ hop }) => (hop === undefined ? [] : [hop])))];
}

function wentWrong({ examples }: VariantReport): string[] {
  const texts = examples.flatMap(({ hop, anomaly }) => (hop === undefined ? [] : [hopText(hop, anomaly)]));
  return [...new Set(texts)];
}
