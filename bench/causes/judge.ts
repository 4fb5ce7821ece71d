import type { Cause } from '#model/cause.ts';
import type { Report } from '#report/report.ts';
import { type Group, nameOf, type Planting } from './planting.ts';

/** What a report says of one planting. */
export interface Judged {
  readonly group: string;
  readonly planting: Planting;
  /** The cause that was planted and must show under this fault. */
  readonly planted?: string;
  /** What was seen: `stalled 1`; undefined where the subject was not judged. */
  readonly seen?: string;
  readonly causes: readonly Cause[];
  /** Causes that are not so: others than the planted one, and any where nothing is wrong. */
  readonly wrong: readonly string[];
  /** Named first, or, where nothing is wrong, converged. */
  readonly right: boolean;
}

/** Holds a report against what was planted: each subject under each fault. */
export function judge(group: Group, report: Report): Judged[] {
  const steps = report.modes.flatMap((mode) => mode.steps);
  // A run that ended before anything was judged has judged nothing right.
  const ids = steps.length === 0 ? [group.id] : steps.map(({ id }) => id);
  const ofSource = group.plantings.find(({ atSource }) => atSource === true) ?? group.plantings[0];
  return group.plantings.flatMap((planting) =>
    ids.flatMap((id): Judged[] => {
      const shown = steps.find((step) => step.id === id)?.variants[nameOf(planting)];
      const planted = id === (planting.under ?? ids[0]) ? planting.code : undefined;
      // A mode of the scenario has variants of its own.
      if (group.modes !== undefined && shown === undefined && planted === undefined) return [];
      // Where nothing is known, what was ruled out is told in a cause's place.
      const mode = report.modes.find((one) => one.steps.some((step) => step.id === id));
      // What is told of the source belongs to the planting there, or to nobody.
      const all = [...(planting === ofSource ? (mode?.causes ?? []) : []), ...(shown?.causes ?? [])];
      const causes = all.filter(({ certainty }) => certainty !== 'unknown');
      const allowed = planted === undefined ? [] : [planted, ...(planting.also ?? [])];
      const one: Judged = {
        group: ids.length === 1 ? group.id : `${group.id}/${id}`,
        planting,
        ...(planted === undefined ? {} : { planted }),
        ...(shown === undefined ? {} : { seen: shown.seen }),
        causes,
        wrong: causes.map(({ code }) => code).filter((code) => !allowed.includes(code)),
        right: planted === undefined ? shown?.verdict === 'PASS' : causes[0]?.code === planted,
      };
      return [one];
    }),
  );
}
