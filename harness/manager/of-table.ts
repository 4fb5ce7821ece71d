import type { TableId } from '#model/catalog.ts';
import { messageOf, OperatorError } from '#std/errors.ts';

/** Does what is done with one table. A server that refuses does not say with which: throws its words with the table's name. */
export async function ofTable<T>(
  table: TableId,
  { doing, hint }: { readonly doing: 'made' | 'loaded'; readonly hint: string },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof OperatorError || (error as Error).name === 'AbortError') throw error;
    throw new OperatorError({
      code: `not-${doing}`,
      message: `${table} cannot be ${doing}: ${messageOf(error) || 'the server gave no reason'}`,
      hint,
      cause: error,
      exit: 1,
    });
  }
}
