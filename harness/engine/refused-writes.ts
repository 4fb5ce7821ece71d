import { refusedIn } from '#diagnosis/refused-writes.ts';
import { engineOf } from '#engines/index.ts';
import type { Cause } from '#model/cause.ts';
import type { Database } from '#model/pipeline.ts';
import type { RefusedWrites } from '#model/subject.ts';
import { alternatives } from '#std/alternatives.ts';
import { OperatorError } from '#std/errors.ts';

/** Statements that the source's log says were refused because of a publication, with the publications of their tables. */
export async function refusedWrites(
  source: Pick<Database, 'engine' | 'query'>,
  lines: string,
): Promise<RefusedWrites[]> {
  const found: RefusedWrites[] = [];
  for (const one of refusedIn(lines))
    found.push({ ...one, publications: await engineOf(source).source.publicationsOf(source, one.table) });
  return found;
}

/** The writer failed because of that. */
export function writesRefused(causes: readonly Cause[], cause: unknown): OperatorError {
  return new OperatorError({
    code: 'writes-refused',
    message: causes.map(({ says }) => says).join(' '),
    expected: 'statements that the source accepts while its tables are published',
    ...(cause instanceof OperatorError && cause.found !== undefined ? { found: cause.found } : {}),
    hint: alternatives(causes.flatMap(({ remedy }) => remedy)),
    cause,
    exit: 3,
  });
}
