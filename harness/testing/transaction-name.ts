import type { WriterSession } from '#model/workload.ts';

/** The name of a transaction that commits, whenever it gets it; `begun` is the one that it had from the beginning. */
export async function transactionName(
  committing: ReturnType<WriterSession['commit']>,
  begun: string | undefined,
): Promise<string | undefined> {
  const { transaction = begun, named } = await committing;
  return named ?? transaction;
}
