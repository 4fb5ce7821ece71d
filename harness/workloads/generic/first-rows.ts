import type { Surveyed } from './survey.ts';

/**
 * Which of the `writable` tables will never have a row, and why: each is empty, and a row of it needs one of another that
 * is and stays empty, or one of its own.
 */
export function neverFilled(tables: readonly Surveyed[], writable: ReadonlySet<string>): ReadonlyMap<string, string> {
  const filled = new Set(tables.filter(({ rows }) => rows.length > 0).map(({ shape }) => shape.id));
  const left = new Map(
    tables.filter(({ shape }) => writable.has(shape.id) && !filled.has(shape.id)).map((one) => [one.shape.id, one]),
  );
  // Each round fills those whose parents an earlier one has filled.
  for (let before = -1; before !== filled.size; ) {
    before = filled.size;
    for (const [id, one] of left) {
      if (missingParent(one, filled) !== undefined) continue;
      filled.add(id);
      left.delete(id);
    }
  }
  return new Map(
    [...left].map(([id, one]) => {
      const { columns, parent } = missingParent(one, filled) ?? { columns: [], parent: id };
      const of = parent === id ? 'a row that is there before it' : `a row of ${parent}, which stays empty`;
      return [
        id,
        `it is empty, and its foreign key (${columns.join(', ')}) needs ${of}; put a row into the schema file`,
      ];
    }),
  );
}

/** A foreign key that cannot be left NULL, and whose parent has no row. */
function missingParent(
  { shape }: Surveyed,
  filled: ReadonlySet<string>,
): Surveyed['shape']['foreign'][number] | undefined {
  const nullable = new Set(shape.columns.filter((column) => column.nullable).map(({ name }) => name));
  return shape.foreign.find(
    ({ columns, parent }) => !filled.has(parent) && !columns.some((name) => nullable.has(name)),
  );
}
