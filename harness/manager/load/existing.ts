import type { OnExisting, TableLoad } from '../pipeline.ts';

/** What a load does with a target's table before it writes. */
export type Treatment =
  /** It is empty. */
  | 'load'
  /** It holds what an earlier try has written, and nothing else. */
  | 'load-again'
  /** It holds rows of somebody else's, which the user wants to be rid of. */
  | 'truncate'
  | 'refuse';

/** `append` is not among what is asked here: such a load writes beside whatever there is, in one transaction. */
export function treatmentOf(
  load: Pick<TableLoad, 'claimed'> | undefined,
  empty: boolean,
  onExisting: Exclude<OnExisting, 'append'>,
): Treatment {
  if (empty) return 'load';
  if (load?.claimed === true) return 'load-again';
  return onExisting === 'truncate' ? 'truncate' : 'refuse';
}
