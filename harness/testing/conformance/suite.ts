import { describe, test } from 'vitest';
import type { ColumnPair, ReadPlan, ReadView } from '#engines/port/compare.ts';
import type { Engine } from '#engines/port/engine.ts';
import { type Table, tableId } from '#model/catalog.ts';
import type { Change } from '#model/change.ts';
import type { Database } from '#model/pipeline.ts';
import type { DatabaseServer } from '#model/stack.ts';
import type { Text } from '#model/values.ts';
import { plansFor } from '#verify/observe/plan.ts';
import { transactionName } from '../transaction-name.ts';

/** What an engine may do without. The tests of it are skipped, and the reason told. */
export type Feature =
  | 'foreign keys'
  | 'change feed'
  | 'versions'
  | 'touched rows'
  | 'binary log'
  | 'change tables'
  | 'sink'
  | 'reconcile';

export type Lacks = Readonly<Partial<Record<Feature, string>>>;

/** One engine on one server, and what its tests share. */
export interface Conformance {
  readonly engine: Engine;
  readonly lacks: Lacks;
  readonly server: () => DatabaseServer;
  /** A database of the test's own, dropped at the end. */
  create(label: string, template?: string): Promise<Database>;
}

/** The tests of what an engine may lack. */
export function feature(name: Feature, { lacks }: Conformance, tests: () => void): void {
  const why = lacks[name];
  if (why === undefined) describe(name, tests);
  else test(name, ({ skip }) => skip(why));
}

/** How the suite reads databases of an engine. */
export function reading({ compare, dialect }: Engine) {
  const tableOf = async (on: Database, wanted: string): Promise<Table> => {
    const found = (await compare.readCatalog(on)).find((table) => table.name === wanted);
    if (found === undefined) throw new Error(`no table ${wanted}`);
    return found;
  };
  const planOf = (table: Table): ReadPlan => {
    const plans = plansFor(table, table);
    if (plans === undefined) throw new Error(`${tableId(table)} cannot be read`);
    return plans.source;
  };
  const viewing = async <T>(on: Database, work: (view: ReadView) => Promise<T>): Promise<T> => {
    await using view = await compare.openReadView(on);
    // Awaited here: the view ends with this function.
    return await work(view);
  };
  const rowsBy = (on: Database, plan: ReadPlan): Promise<[key: string, row: Text[]][]> =>
    viewing(on, async (view) => {
      const rows: [string, Text[]][] = [];
      for await (const batch of view.stream(plan))
        for (const { key, row } of batch) rows.push([key, JSON.parse(row) as Text[]]);
      return rows;
    });
  return {
    ...{ tableOf, planOf, viewing },
    /** The plan as it would be beside another engine's. */
    acrossOf(plan: ReadPlan): ReadPlan {
      const across = (pair: ColumnPair): ColumnPair => ({ ...pair, as: dialect.kindOf(pair.source) });
      return { ...plan, key: plan.key.map(across), columns: plan.columns.map(across) };
    },
    /** The rows that a plan reads, with their keys, in the order in which they come. */
    rowsBy,
    /** The compared rows, by their keys. */
    rowsOf: async (on: Database, table: Table) => new Map(await rowsBy(on, planOf(table))),
  };
}

/** Carries out one transaction; its name. */
export async function commit(
  { source }: Engine,
  on: Database,
  changes: readonly Change[],
): Promise<string | undefined> {
  const session = source.openWriterSession(on);
  const begun = await session.begin();
  for (const change of changes) await session.run(change);
  const name = await transactionName(session.commit(), begun);
  await session.close();
  return name;
}
