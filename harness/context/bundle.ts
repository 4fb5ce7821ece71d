import type { ContextBundle, ContextSection } from '#contracts/context.ts';
import type { ContextFacts } from '#model/context.ts';
import { decision, errors, events, memory, situation, verification } from './common-sections.ts';
import { configuration, MODE_SECTIONS, OF_MODE } from './mode-sections.ts';
import type { SectionMaker } from './section.ts';
import { type CountTokens, ENCODING } from './tokens.ts';

/** So many characters of a line: a trace or a statement may be as long as it likes. */
const LINE_MAX = 600;

/** The sections of a mode's bundle, most important first: its own, what every mode needs, then those of other modes. */
export function sectionsOf(mode: string): readonly SectionMaker[] {
  const ids = Object.hasOwn(OF_MODE, mode) ? (OF_MODE[mode] ?? []) : [];
  const own = ids.flatMap((id) => MODE_SECTIONS.find((one) => one.id === id) ?? []);
  return [
    ...new Set([situation, decision, ...own, verification, events, errors, configuration, memory, ...MODE_SECTIONS]),
  ];
}

/**
 * Makes the bundle of a mode. Each section first gets a fair share of what is left, so that a long one does not push out those
 * behind it; what remains then goes to the most important ones that were cut. Pure but for the tokenizer.
 */
export function makeBundle(
  facts: ContextFacts,
  { tokens: max, count }: { readonly tokens: number; readonly count: CountTokens },
): ContextBundle {
  const made = sectionsOf(facts.mode).map((maker) => {
    const lines = maker.lines(facts).map((line) => (line.length <= LINE_MAX ? line : `${line.slice(0, LINE_MAX)}…`));
    return { maker, lines, costs: lines.map((line) => count(`${line}\n`)), taken: 0 };
  });
  const head = (): string => headOf(facts, max);
  let left = max - count(head()) - NOTES;
  const grow = (one: (typeof made)[number], budget: number): void => {
    let spent = one.taken === 0 ? count(headingOf(one.maker) + restOf(one.maker.more, one.lines.length)) : 0;
    let taken = one.taken;
    while (taken < one.lines.length && spent + (one.costs[taken] ?? 0) <= Math.min(budget, left))
      spent += one.costs[taken++] ?? 0;
    // A title without a line is worth nothing.
    if (taken === one.taken) return;
    one.taken = taken;
    left -= spent;
  };
  made.forEach((one, at) => void grow(one, Math.max(left / 4, left / (made.length - at))));
  for (const one of made) grow(one, left);
  const render = (): { sections: ContextSection[]; leftOut: string[]; text: string } => {
    const sections = made.filter(({ taken }) => taken > 0).map(sectionOf);
    const leftOut = made.filter(({ taken, lines }) => taken === 0 && lines.length > 0).map(({ maker }) => maker.title);
    return { sections, leftOut, text: textOf(head(), sections, leftOut) };
  };
  // Tokens of a text are not quite the sum of its lines': what is over goes line by line, from the least important on.
  let bundle = render();
  while (count(bundle.text) > max) {
    const last = made.findLast(({ taken }) => taken > 0);
    if (last === undefined) break;
    last.taken--;
    bundle = render();
  }
  const { sections, leftOut, text } = bundle;
  return {
    ...{ mode: facts.mode, made_at: facts.report.lab.now, encoding: ENCODING, tokens_max: max, tokens: count(text) },
    ...{ sections, left_out: leftOut, text },
  };
}

/** Room for the lines that say what was left out. */
const NOTES = 120;

function sectionOf({
  maker,
  lines,
  taken,
}: {
  maker: SectionMaker;
  lines: readonly string[];
  taken: number;
}): ContextSection {
  const { id, title, why, more } = maker;
  return { id, title, why, more, lines: lines.slice(0, taken), left_out: lines.length - taken };
}

function headOf({ mode, report }: ContextFacts, max: number): string {
  return `# Context for the failure mode ${mode}: at most ${max} tokens (${ENCODING}), as of ${report.lab.now}\n`;
}

function headingOf({ title, why }: Pick<SectionMaker, 'title' | 'why'>): string {
  return `\n## ${title}: ${why}\n`;
}

function restOf(more: string, leftOut: number): string {
  return leftOut === 0 ? '' : `… ${leftOut} more lines: ${more}\n`;
}

function textOf(head: string, sections: readonly ContextSection[], leftOut: readonly string[]): string {
  const parts = sections.map(
    (section) => `${headingOf(section)}${section.lines.join('\n')}\n${restOf(section.more, section.left_out)}`,
  );
  const end = leftOut.length === 0 ? '' : `\nLeft out, since it did not fit: ${leftOut.join('; ')}.\n`;
  return `${head}${parts.join('')}${end}`;
}
