import { type Between, between } from '#engines/between.ts';
import { engineOfUrl } from '#engines/index.ts';
import { type Table, tableId } from '#model/catalog.ts';
import { onDatabase } from './databases.ts';
import type { Databases } from './world.ts';

/** A table that both sides have. */
export interface FoundTable {
  /** As it was named. */
  readonly name: string;
  /** The source's, in the target's terms. */
  readonly wanted: Table;
  /** The target's. */
  readonly found: Table;
}

/** The tables that both sides have. Which ones only one side has, the comparison of their rows says. */
export async function tablesOf({ source, target, tables }: Databases): Promise<readonly FoundTable[]> {
  const [from, to] = [engineOfUrl(source.url), engineOfUrl(target.url)];
  const catalogs = [source, target].map((one) =>
    onDatabase(one, (database, engine) => engine.compare.readCatalog(database)),
  );
  const [here = [], there = []] = await Promise.all(catalogs);
  const across: Between = between(from, to);
  return tables.flatMap((table): FoundTable[] => {
    const wanted = byName(here, table.source, from.dialect.defaultSchema);
    const found = byName(there, table.target, to.dialect.defaultSchema);
    return wanted === undefined || found === undefined
      ? []
      : [{ name: table.source, wanted: across.atSink(wanted), found }];
  });
}

function byName(all: readonly Table[], name: string, schema: string): Table | undefined {
  return all.find((table) => tableId(table) === (name.includes('.') ? name : `${schema}.${name}`));
}
