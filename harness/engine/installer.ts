import type { TableDefinition } from '#model/definition.ts';
import type { Stack } from '#model/stack.ts';
import type { Installer } from '#model/workload.ts';

/**
 * What makes a workload's tables on a stack. Where records are written in Avro, a column that may be NULL has no default there:
 * the converter would write the default in the place of a NULL, and has no setting against it, as the JSON converter has.
 */
export function installerOn({ registry }: Pick<Stack, 'registry'>, installer: Installer): Installer {
  if (registry === undefined) return installer;
  return {
    ...installer,
    createTables: (database, tables) => installer.createTables(database, tables.map(withoutNullableDefaults)),
  };
}

function withoutNullableDefaults(table: TableDefinition): TableDefinition {
  const columns = table.columns.map((column) => {
    if (column.nullable !== true) return column;
    const { default: _, ...rest } = column;
    return rest;
  });
  return { ...table, columns };
}
