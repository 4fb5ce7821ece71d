/** All of them to their ends, of which the first error is thrown then: one that throws must not leave others half done. */
export async function allToTheEnd(done: readonly Promise<void>[]): Promise<void> {
  for (const one of await Promise.allSettled(done)) if (one.status === 'rejected') throw one.reason;
}
