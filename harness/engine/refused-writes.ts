import { engineOf } from '#engines/index.ts';
import type { Database } from '#model/pipeline.ts';
import type { RefusedWrites } from '#model/subject.ts';
import { OperatorError } from '#std/errors.ts';

/** As PostgreSQL 10 to 18 write it. */
const REFUSED =
  /ERROR: {2}cannot (update|delete from) table "(.+)" because it does not have a replica identity and publishes (?:updates|deletes)/g;

/** Statements that the source's log says were refused because of a publication. */
export function refusedIn(lines: string): Omit<RefusedWrites, 'publications'>[] {
  const counts = new Map<string, Omit<RefusedWrites, 'publications'>>();
  for (const [, verb, table = ''] of lines.matchAll(REFUSED)) {
    const operation = verb === 'update' ? 'UPDATE' : 'DELETE';
    const known = counts.get(`${operation} ${table}`);
    counts.set(`${operation} ${table}`, { table, operation, count: (known?.count ?? 0) + 1 });
  }
  return [...counts.values()];
}

/** The same with the publications that publish the tables. */
export async function refusedWrites(
  source: Pick<Database, 'engine' | 'query'>,
  lines: string,
): Promise<RefusedWrites[]> {
  const found: RefusedWrites[] = [];
  for (const one of refusedIn(lines))
    found.push({ ...one, publications: await engineOf(source).source.publicationsOf(source, one.table) });
  return found;
}

/** What is refused and why, in one sentence, and what to do. */
export function sayRefused({ table, operation, publications, count }: RefusedWrites): { said: string; remedy: string } {
  const by = publications.length === 0 ? 'a publication' : `the publication ${publications.join(', ')}`;
  const published = operation === 'UPDATE' ? 'updates' : 'deletes';
  return {
    said: `PostgreSQL refused ${operation} on ${table} (${count} ${count === 1 ? 'time' : 'times'}): ${by} publishes its ${published}, and the table has no replica identity`,
    remedy: `give ${table} a primary key, or ALTER TABLE ${table} REPLICA IDENTITY FULL (or USING INDEX): without it every ${operation} fails as soon as the connector's publication exists`,
  };
}

/** The writer failed because of that. */
export function writesRefused(refused: readonly RefusedWrites[], cause: unknown): OperatorError {
  const all = refused.map(sayRefused);
  return new OperatorError({
    code: 'writes-refused',
    message: all.map(({ said }) => said).join('; '),
    expected: 'statements that the source carries out while its tables are published',
    ...(cause instanceof OperatorError && cause.found !== undefined ? { found: cause.found } : {}),
    hint: all.map(({ remedy }) => remedy).join('; '),
    cause,
    exit: 3,
  });
}
