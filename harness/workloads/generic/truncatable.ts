import { ROWS_MAX, type Surveyed } from './survey.ts';

/** The tables that some foreign key refers to, each with one of those that refer to it. */
export function referredTo(tables: readonly Surveyed[]): ReadonlyMap<string, string> {
  return new Map(tables.flatMap(({ shape }) => shape.foreign.map(({ parent }) => [parent, shape.id] as const)));
}

/** Why a table cannot be emptied with TRUNCATE, so that the ledger knows each row that went; undefined where it can. */
export function whyNotTruncated(
  { shape, complete }: Surveyed,
  referred: ReadonlyMap<string, string>,
): string | undefined {
  const by = referred.get(shape.id);
  if (by !== undefined) return `a foreign key of ${by} refers to it`;
  return complete ? undefined : `it has more than ${ROWS_MAX} rows, and the writer knows no more of them`;
}

/** The same of a table that nobody has named. Without a key its rows are compared as a whole, which shows less. */
export function whyNotChosen(one: Surveyed, referred: ReadonlyMap<string, string>): string | undefined {
  return one.shape.key.length === 0 ? 'it has no primary key' : whyNotTruncated(one, referred);
}
