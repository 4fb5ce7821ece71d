import { type Subject, variantsOf } from './subject.ts';

/**
 * Notes where every consumer stands against the log's beginning. To be told before something lets consumers go on that stood
 * still: the next look comes up to a second later, and by then one may have jumped over what retention has deleted, without
 * a trace of it. A consumer that does not say where it is tells nothing.
 */
export async function notePositions(subject: Pick<Subject, 'pipeline' | 'log' | 'memory'>): Promise<void> {
  await Promise.all(
    variantsOf(subject).map(async (variant) => {
      const applied = await variant.applied().catch(() => undefined);
      // Asked afterwards: a beginning that moves meanwhile lies above a position that was true.
      if (applied === undefined) return;
      subject.memory.variant(variant.name).passages.note(applied, await subject.log.startOffsets());
    }),
  );
}
