import type { ReadView } from '#engines/port/compare.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { Kind } from '#model/kind.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';
import type { Ends } from './ends.ts';
import type { Definition } from './pipeline.ts';

/** A table that a pipeline carries from its source to its target. */
export interface PlannedTable {
  readonly id: TableId;
  /** The source's, without columns that are not carried. */
  readonly source: Table;
  readonly targetId: TableId;
  /** The same in the target's terms: as it is made there. */
  readonly target: Table;
  /** Columns that the source computes and its log does not have. */
  readonly left: readonly string[];
}

type PlanEnds = Pick<Ends, 'source' | 'across'>;

/** The target as far as it decides which tables it can take. */
interface PlanTarget {
  readonly title: string;
  /** Whether it has a type for a kind of values. */
  holds(kind: Kind): boolean;
}

/**
 * Reads the pipeline's tables in the source. Throws an OperatorError (exit 1) that names the table that is not there or may
 * not be read, or the table and column of which the target's engine has no type.
 */
export async function planTables(
  definition: Definition,
  ends: PlanEnds,
  target: PlanTarget,
): Promise<readonly PlannedTable[]> {
  const { engine, database } = ends.source;
  await using view = await engine.compare.openReadView(database);
  const wanted = definition.tables.map((name) =>
    name.includes('.') ? name : `${engine.dialect.defaultSchema}.${name}`,
  );
  const found = new Map((await view.readCatalog({ tables: wanted })).map((table) => [tableId(table), table]));
  const planned: PlannedTable[] = [];
  for (const id of wanted) {
    const table = found.get(id);
    if (table === undefined) throw await missingTable(view, id, engine.dialect.defaultSchema);
    requirePlain(table);
    await requireReadable(ends, view, table);
    planned.push(planTable(definition, ends, target, table));
  }
  return planned;
}

/** Throws an OperatorError for a table that could not be named by `schema.name`, or has nothing that could be read. */
function requirePlain(table: Table): void {
  const id = tableId(table);
  const refused = (code: string, message: string, expected: string, found: string): OperatorError =>
    new OperatorError({ code, message, expected, found, hint: `leave ${id} out of the pipeline's tables`, exit: 1 });
  if (table.schema.includes('.'))
    throw refused('dotted-schema', `the schema of ${id} has a dot in its name`, 'schemas without one', table.schema);
  if (table.columns.length === 0)
    throw refused('no-columns', `the source's table ${id} has no columns`, 'at least one column', 'none');
}

function planTable({ mode }: Definition, { source, across }: PlanEnds, to: PlanTarget, table: Table): PlannedTable {
  const id = tableId(table);
  // A column that the database computes is in no event: its target would be right after the load and wrong after a change.
  const carried = table.columns.filter(({ generated }) => mode === 'full_load_only' || !generated);
  const left = table.columns.filter((column) => !carried.includes(column)).map(({ name }) => name);
  const own: Table = { ...table, columns: carried };
  if (mode !== 'full_load_only' && table.key.length === 0) throw keylessTable(id);
  if (!across.alike) {
    for (const column of carried) {
      const kind = source.engine.dialect.kindOf(column);
      const textless = source.engine.dialect.textless?.(column) === true;
      if (textless || !to.holds(kind))
        throw new OperatorError({
          code: 'no-type',
          message: `${id}.${column.name} has no counterpart at the target`,
          expected: `a type of which ${to.title} has one`,
          found: `${column.type} of ${source.engine.title}`,
          hint: `leave ${id} out of the pipeline's tables, or give the column another type`,
          exit: 1,
        });
    }
  }
  return { id, source: own, targetId: across.sinkId(id), target: across.atSink(own), left };
}

/** PostgreSQL itself refuses updates of a published table without a key, and a sink could not tell its rows apart. */
function keylessTable(id: TableId): OperatorError {
  return new OperatorError({
    code: 'no-key',
    message: `${id} has no primary key, without which its changes cannot be carried`,
    expected: 'a primary key',
    found: 'none',
    hint: `give ${id} one, or load it with a pipeline of the mode full_load_only`,
    exit: 1,
  });
}

async function missingTable(view: ReadView, id: TableId, defaultSchema: string): Promise<OperatorError> {
  const names = (await view.readCatalog()).map(tableId);
  const dotted = `${defaultSchema}.${id}`;
  const meant = names.includes(dotted) ? [dotted] : nearest(id, names);
  return new OperatorError({
    code: 'no-table',
    message: `the source has no table ${id}`,
    expected: meant.length > 0 ? meant.join(' or ') : `one of its ${names.length} tables`,
    found: 'no table of this name that this user sees; views are not loaded',
    ...(meant.length === 0 ? {} : { hint: `did you mean ${meant.join(' or ')}?` }),
    exit: 1,
  });
}

async function requireReadable({ source }: PlanEnds, view: ReadView, table: Table): Promise<void> {
  const id = tableId(table);
  try {
    await view.select(`SELECT 1 FROM ${source.engine.dialect.quoteTable(id)}`, 1);
  } catch (error) {
    throw new OperatorError({
      code: 'unreadable-table',
      message: `the source's table ${id} cannot be read`,
      expected: 'the right to read it',
      found: messageOf(error),
      hint: `GRANT SELECT ON ${source.engine.dialect.quoteTable(id)} TO the user of the source's URL`,
      cause: error,
      exit: 1,
    });
  }
}
