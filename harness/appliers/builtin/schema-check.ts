import type { Sink, SinkTable } from '#engines/port/sink.ts';
import type { ChangeEvent, EventColumn } from '#model/change-event.ts';
import { OperatorError } from '#std/errors.ts';
import type { ApplierSettings } from './settings.ts';

export interface SchemaCheck {
  /** Makes the sink fit the event's columns where the settings say so. The error that stops the applier, if any. */
  problemOf(event: ChangeEvent): Promise<OperatorError | undefined>;
  /** Asks the sink's catalog anew at the next event. */
  forget(): void;
}

/** Holds events' columns against the sink's. A schema is checked once: its columns are one object while it lasts. */
export function schemaCheck(sink: Sink, settings: ApplierSettings): SchemaCheck {
  const checked = new Map<readonly EventColumn[], OperatorError | undefined>();
  const tables = new Set<string>();
  const check = async (event: ChangeEvent): Promise<OperatorError | undefined> => {
    tables.add(event.table);
    const table = await sink.table(event.table, settings.mode === 'dedup');
    if (table === undefined) return noTable(event);
    const unknown = event.columns.filter((column) => !table.columns.has(column.name));
    if (settings.schema === 'strict')
      return unknown.length === 0 ? keyProblem(event, table, settings) : drift(event, unknown);
    if (settings.schema === 'evolve') {
      if (unknown.length > 0) await sink.addColumns(event.table, unknown);
      await sink.widen(table, event.columns);
    }
    return keyProblem(event, table, settings);
  };
  return {
    async problemOf(event) {
      if (event.op === 'truncate') return undefined;
      if (checked.has(event.columns)) return checked.get(event.columns);
      const problem = await check(event);
      checked.set(event.columns, problem);
      return problem;
    },
    forget() {
      checked.clear();
      for (const table of tables) sink.forget(table);
    },
  };
}

function noTable(event: ChangeEvent): OperatorError {
  return new OperatorError({
    code: 'sink-table-missing',
    message: `the sink has no table ${event.table}, to which ${event.topic} belongs`,
    hint: 'create it from the source’s catalog before the applier starts',
    exit: 1,
  });
}

function drift(event: ChangeEvent, unknown: readonly EventColumn[]): OperatorError {
  const names = unknown.map((column) => column.name).join(', ');
  return new OperatorError({
    code: 'schema-drift',
    message: `${event.table} has a column that the sink lacks: ${names} (first in ${event.topic}/${event.partition} at offset ${event.offset})`,
    expected: 'only columns that the sink has, since schema handling is strict',
    found: names,
    hint: 'add the column to the sink and restart the applier, or let it evolve the sink (schema: evolve)',
    exit: 1,
  });
}

/** ON CONFLICT needs the sink's key to be the event's. */
function keyProblem(event: ChangeEvent, table: SinkTable, settings: ApplierSettings): OperatorError | undefined {
  const wanted = Object.keys(event.key);
  if (settings.mode === 'insert' || wanted.length === 0) return undefined;
  const same = wanted.length === table.key.length && wanted.every((name) => table.key.includes(name));
  if (same) return undefined;
  return new OperatorError({
    code: 'sink-key-differs',
    message: `the primary key of the sink's ${event.table} is not the key of its events`,
    expected: wanted.join(', '),
    found: table.key.length === 0 ? 'no primary key' : table.key.join(', '),
    hint: 'writing by key needs a sink table with the source’s primary key',
    exit: 1,
  });
}
