import { tableId } from '#model/catalog.ts';
import { whyUnfit } from '#pipelines/why-unfit.ts';
import { OperatorError } from '#std/errors.ts';
import { ofTable } from './of-table.ts';
import type { PlannedTable } from './plan.ts';
import type { Stage, StageContext } from './stage.ts';

/** Step 0: the target's schemas and tables. Tables that are there are held against what will be written to them. */
export const schemaStage: Stage = {
  id: 'schema',
  title: 'Step 0',
  isUp: () => false,
  failure: {},
  async up(context) {
    const { tables, ends, say } = context;
    say(`tables at the target: ${tables.map(({ targetId }) => targetId).join(', ')}`);
    await copyTypes(context);
    const there = new Map(
      (await ends.target.engine.compare.readCatalog(ends.target.database)).map((table) => [tableId(table), table]),
    );
    for (const table of tables) {
      context.signal.throwIfAborted();
      if (table.left.length > 0) say(`${table.id}: ${table.left.join(', ')} is computed by the source, and left out`);
      const had = there.has(table.targetId);
      if (had) await requireFit(context, table, there);
      else await make(context, table);
      say(`${table.targetId}: ${had ? 'is there' : 'created'}, ${table.target.columns.length} columns`);
    }
    say(`${tables.length} ${tables.length === 1 ? 'table is' : 'tables are'} ready`);
  },
};

/** Types of the source's own. Throws an OperatorError that names the table and the column whose type cannot be made. */
async function copyTypes({ ends: { source, target, across }, tables }: StageContext): Promise<void> {
  if (!across.alike) return;
  const unmade = await target.engine.sink.copyTypes(
    source.database,
    target.database,
    tables.map((table) => table.source),
  );
  for (const { id, source: table } of tables)
    for (const { name, type } of table.columns) {
      const why = unmade.get(type.replace(/(\[\])+$/, ''));
      if (why !== undefined) throw noType(id, name, type, why);
    }
}

function noType(table: string, column: string, type: string, why: string): OperatorError {
  return new OperatorError({
    code: 'no-type',
    message: `${table}.${column}: its type ${type} cannot be made at the target`,
    expected: `a type ${type} there`,
    found: why,
    hint: 'make the type there yourself, or leave the table out of the pipeline',
    exit: 1,
  });
}

async function make({ ends: { target } }: StageContext, { id, target: table }: PlannedTable): Promise<void> {
  const options = { keyed: true, bookkeeping: false };
  const hint = `make it there yourself, or leave ${id} out of the pipeline's tables`;
  const create = () => target.engine.sink.createTable(target.database, table, options);
  const substituted = await ofTable(id, { doing: 'made', hint }, create);
  const [first] = substituted;
  if (first !== undefined) throw noType(id, first.column, first.type, 'the target does not know it');
}

async function requireFit(
  { ends: { target } }: StageContext,
  table: PlannedTable,
  there: ReadonlyMap<string, PlannedTable['target']>,
): Promise<void> {
  const { key, unique } = table.target;
  const events = key.length > 0 ? key : (unique?.columns ?? []);
  const why = await whyUnfit(table.target, events, there, (id) =>
    target.engine.sink.demandedColumns(target.database, id),
  );
  if (why === undefined) return;
  throw new OperatorError({
    code: 'unfit-table',
    message: `the target's table ${table.targetId} cannot take the rows of ${table.id}`,
    expected: `its columns (${table.target.columns.map(({ name }) => name).join(', ')}) and its key (${events.join(', ') || 'none'})`,
    found: why,
    hint: `change it, or drop it so that it is made anew: DROP TABLE ${target.engine.dialect.quoteTable(table.targetId)}`,
    exit: 1,
  });
}
