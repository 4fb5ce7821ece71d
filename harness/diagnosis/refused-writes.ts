import type { DiagnosisFacts } from '#model/cause.ts';
import type { RefusedWrites } from '#model/subject.ts';

/** As PostgreSQL 18.4 writes it, in its log and to its clients; the text is the same from version 10 on. */
const REFUSED =
  /cannot (update|delete from) table "(.+)" because it does not have a replica identity and publishes (?:updates|deletes)/g;

/** Statements that a server's words say were refused because of a publication. */
export function refusedIn(words: string): Omit<RefusedWrites, 'publications'>[] {
  const counts = new Map<string, Omit<RefusedWrites, 'publications'>>();
  for (const [, verb, table = ''] of words.matchAll(REFUSED)) {
    const operation = verb === 'update' ? 'UPDATE' : 'DELETE';
    const known = counts.get(`${operation} ${table}`);
    counts.set(`${operation} ${table}`, { table, operation, count: (known?.count ?? 0) + 1 });
  }
  return [...counts.values()];
}

/** What the source refused its writers, as far as these facts say. */
export function refusedBy({ refused, words, source }: DiagnosisFacts): readonly RefusedWrites[] {
  if (refused !== undefined) return refused;
  const said = words.filter(({ from }) => from === 'writer').map(({ text }) => text);
  return refusedIn(said.join('\n')).map((one) => ({
    ...one,
    publications: (source?.publications ?? [])
      .filter(({ tables }) => tables.some((table) => table.split('.').at(-1) === one.table))
      .map(({ name }) => name),
  }));
}

export function sayRefused({ table, operation, publications, count }: RefusedWrites): string {
  const by = publications.length === 0 ? 'a publication' : `the publication ${publications.join(', ')}`;
  const published = operation === 'UPDATE' ? 'updates' : 'deletes';
  return `PostgreSQL refused ${operation} on ${table} (${count} ${count === 1 ? 'time' : 'times'}): ${by} publishes its ${published}, and the table has no replica identity`;
}
