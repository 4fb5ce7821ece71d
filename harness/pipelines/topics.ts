import { type Table, tableId } from '#model/catalog.ts';
import type { VariantSpec } from '#model/pipeline.ts';
import type { TopicRoute } from '#model/position.ts';

/** Topics of which nothing is compared at a variant's sink: each of their tables is one that its spec leaves out. */
export function uncomparedTopics(
  { pair }: Pick<VariantSpec, 'pair'>,
  routes: readonly TopicRoute[],
  tables: readonly Table[],
): readonly string[] {
  if (pair === undefined) return [];
  const left = new Set(tables.filter((table) => pair(table, new Map()) === undefined).map(tableId));
  const read = new Set(routes.filter(({ table }) => !left.has(table)).map(({ topic }) => topic));
  return [...new Set(routes.map(({ topic }) => topic))].filter((topic) => !read.has(topic));
}
