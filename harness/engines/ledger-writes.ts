import type { TableId } from '#model/catalog.ts';
import type { CommittedTransaction } from '#model/change-feed.ts';
import type { OperationKind } from '#model/operation.ts';
import type { Key } from '#model/values.ts';

/** A row's change in a source's log. A key is undefined where the log does not tell the row of before or after. */
interface KeyChange {
  readonly table: TableId;
  readonly kind: OperationKind;
  readonly before: Key | undefined;
  readonly after: Key | undefined;
}

/** A change as the ledger has it: a row whose key was changed is deleted and inserted. */
export function ledgerWrites({ table, kind, before, after }: KeyChange): CommittedTransaction['writes'] {
  if (kind === 'update' && before !== undefined && after !== undefined && before !== after)
    return [
      { table, key: before, kind: 'delete' },
      { table, key: after, kind: 'insert' },
    ];
  const key = kind === 'delete' ? (before ?? after) : after;
  return key === undefined ? [] : [{ table, key, kind }];
}
