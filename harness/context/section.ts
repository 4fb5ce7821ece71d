import type { ContextFacts, Reading } from '#model/context.ts';

/** One kind of section: what an agent must know, and how it is said. */
export interface SectionMaker {
  readonly id: string;
  readonly title: string;
  /** Why an agent must know it: one clause. */
  readonly why: string;
  /** The command that shows all of it. */
  readonly more: string;
  /** Lines, most important first: what does not fit is cut at the end. */
  lines(facts: ContextFacts): readonly string[];
}

/** The lines of something that was read, or why it was not. */
export function ofReading<T>(reading: Reading<T>, tell: (read: T) => readonly string[]): readonly string[] {
  return 'read' in reading ? tell(reading.read) : [`not read: ${reading.refused}`];
}

/** A list as one clause; `none` for an empty one. */
export function listed(items: readonly string[]): string {
  return items.length === 0 ? 'none' : items.join(', ');
}
