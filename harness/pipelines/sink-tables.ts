import type { Between } from '#engines/between.ts';
import { engineOf } from '#engines/index.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { Database, Design, VariantSpec } from '#model/pipeline.ts';
import type { SetUpWatch } from '#model/workload.ts';
import { whyUnfit } from './why-unfit.ts';

export interface TablesContext {
  readonly source: Database;
  readonly sink: Database;
  readonly spec: VariantSpec;
  readonly design: Design | undefined;
  /** The captured tables, each with the key of its events in place of its own. */
  readonly tables: readonly Table[];
  /** Tables that the variant's connectors create by themselves. */
  readonly created?: ReadonlySet<TableId>;
  /** Its connectors create or alter tables. */
  readonly makes?: boolean;
  readonly watch: Omit<SetUpWatch, 'limitMs'>;
  /** How the source's tables are made at the sink. */
  readonly across: Between;
}

function runOwnSql({ sink, design, watch }: TablesContext): Promise<void> {
  return engineOf(sink).server.runSql(sink, design?.sinkSql ?? [], { ...watch, limitMs: design?.setUpLimitMs ?? 0 });
}

/** The tables of which something is compared at a variant's sink. */
export function comparedTables({ pair }: Pick<VariantSpec, 'pair'>, tables: readonly Table[]): readonly Table[] {
  return pair === undefined ? tables : tables.filter((table) => pair(table, new Map()) !== undefined);
}

/** Columns that a mapping leaves out of the comparison, by table; not those that the database computes. */
export function excludedColumns(
  { pair }: Pick<VariantSpec, 'pair'>,
  tables: readonly Table[],
): ReadonlyMap<TableId, ReadonlySet<string>> {
  return new Map(
    tables.flatMap((table) => {
      const kept = pair?.(table, new Map())?.source.columns;
      if (kept === undefined) return [];
      const names = new Set(kept.map(({ name }) => name));
      const left = table.columns.filter(({ name, generated }) => !generated && !names.has(name));
      return left.length === 0 ? [] : [[tableId(table), new Set(left.map(({ name }) => name))] as const];
    }),
  );
}

/**
 * Makes a sink's tables: by their owner's SQL, or as the source's; none where the connector is to make its own. Returns what
 * a person must know of tables that are not what they would expect, one sentence each.
 */
export async function makeSinkTables(context: TablesContext): Promise<readonly string[]> {
  return [...(await makeTables(context)), ...uncomparedColumns(context)];
}

/** The columns that are left out of the comparison, since their values have no text. */
function uncomparedColumns({ source, spec, tables }: TablesContext): readonly string[] {
  const { title, dialect } = engineOf(source);
  return comparedTables(spec, tables).flatMap((table) =>
    table.columns
      .filter((column) => dialect.textless?.(column) === true)
      .map(
        ({ name, type }) =>
          `${tableId(table)}.${name} is not compared: a ${type} of ${title} has no text by which its values could be`,
      ),
  );
}

async function makeTables(context: TablesContext): Promise<readonly string[]> {
  const { sink, spec, design, tables } = context;
  const sql = design?.sinkSql ?? [];
  if (!isOwn(spec)) return sql.length === 0 ? labTables(context) : ownTables(context);
  let told: readonly string[] = [];
  if (sql.length > 0) await runOwnSql(context);
  else told = await labTables({ ...context, tables: tables.filter((table) => !context.created?.has(tableId(table))) });
  // What is still to be made cannot be held against anything; a program makes tables, too, where it is given none.
  if (context.makes !== true && (spec.kind !== 'command' || sql.length > 0))
    await spec.checkSink?.(sink, tables, await engineOf(sink).compare.readCatalog(sink));
  return told;
}

/** The owner's tables for what the lab itself runs, or the lab's own where it could not write those. */
async function ownTables(context: TablesContext): Promise<readonly string[]> {
  const { sink, spec, design } = context;
  const engine = engineOf(sink).sink;
  await runOwnSql(context);
  const there = new Map((await engineOf(sink).compare.readCatalog(sink)).map((table) => [tableId(table), table]));
  const excluded = excludedColumns(spec, context.tables);
  for (const table of comparedTables(spec, context.tables)) {
    const left = excluded.get(tableId(table));
    const ours = context.across.atSink(table);
    const wanted = { ...ours, columns: ours.columns.filter(({ name, generated }) => !generated && !left?.has(name)) };
    const key = table.key.length > 0 ? table.key : (table.unique?.columns ?? []);
    const why = await whyUnfit(wanted, key, there, (id) => engine.demandedColumns(sink, id));
    if (why === undefined) continue;
    await engine.empty(sink);
    const files = design?.sinkSql.map(({ file }) => file).join(', ');
    return [
      `the sink of ${spec.title} has tables as the source's and not those of ${files}: ${why}`,
      ...(await labTables(context)),
    ];
  }
  if (spec.kind === 'builtin') await engine.dropSpanning(sink);
  return [];
}

/** What somebody runs is theirs to configure: also what is not compared may be written, and needs its table. */
function isOwn({ connectors, kind }: VariantSpec): boolean {
  return connectors !== undefined || kind === 'command';
}

/** The columns for which the sink's engine has no type, and whose values are written as texts. */
function textsFor({ source, sink, spec, tables }: TablesContext): readonly string[] {
  const [ours, theirs] = [engineOf(source), engineOf(sink)];
  return comparedTables(spec, tables).flatMap((table) =>
    table.columns
      .filter((column) => theirs.dialect.typeFor(ours.dialect.kindOf(column)) === undefined)
      .map(
        ({ name, type }) =>
          `${tableId(table)}.${name} is text in the sinks that the lab makes, since ${theirs.title} has no type for a ${type} of ${ours.title}: how a column of another type takes the values is not checked; make the sink's tables by sink.schema`,
      ),
  );
}

/** Tables as the source's. */
async function labTables(context: TablesContext): Promise<readonly string[]> {
  const { source, sink, spec, tables, across } = context;
  const engine = engineOf(sink).sink;
  const lacking = across.alike ? [] : textsFor(context);
  const unmade = across.alike ? await engine.copyTypes(source, sink, tables) : new Map<string, string>();
  const told: string[] = [...lacking];
  for (const table of isOwn(spec) ? tables : comparedTables(spec, tables)) {
    const substituted = await engine.createTable(sink, across.atSink(table), {
      keyed: spec.mode !== 'insert',
      widePositions: across.widePositions,
    });
    for (const { column, type } of substituted) {
      const why = unmade.get(type.replace(/(\[\])+$/, '')) ?? 'the sink does not know it';
      told.push(
        `${tableId(table)}.${column} is text in the sinks that the lab makes, since its type ${type} could not be made there (${why}): how a column of that type takes the values is not checked; make the sink's tables by sink.schema`,
      );
    }
  }
  return told;
}
