import type { SourcePort } from '#engines/port/source.ts';
import type { TableId } from '#model/catalog.ts';
import { OperatorError } from '#std/errors.ts';
import type { PlannedTable } from './plan.ts';

interface NamesOptions {
  readonly prefix: string;
  readonly database: string;
  readonly source: Pick<SourcePort, 'topicOf'>;
  /** Whether Debezium's JDBC sink connector writes them. */
  readonly toDatabase: boolean;
}

/**
 * Throws an OperatorError (exit 1) for names with which Debezium's connectors fail, or, worse, run and leave the table out. Each
 * was seen with 3.5.0: properties are trimmed; the sink takes quotation marks off, and a backslash for an escape of a search.
 */
export function requireCarriedNames(tables: readonly PlannedTable[], options: NamesOptions): void {
  const { toDatabase } = options;
  for (const { id, source } of tables) {
    const lost = (kind: string, name: string, characters: RegExp): boolean =>
      kind === 'column' && !toDatabase ? false : name !== name.trim() || (toDatabase && characters.test(name));
    for (const name of [source.schema, source.name])
      if (lost('table', name, /["`\\]/)) throw unfitName(id, `the name ${JSON.stringify(name)}`, toDatabase);
    for (const { name } of source.columns)
      if (lost('column', name, /["`]/)) throw unfitName(id, `the column ${JSON.stringify(name)}`, toDatabase);
  }
  requireOwnTopics(
    tables.map(({ id }) => id),
    options,
  );
}

function unfitName(id: TableId, found: string, toDatabase: boolean): OperatorError {
  return new OperatorError({
    code: 'unfit-name',
    message: `changes of ${id} cannot be carried: Debezium's connectors cannot handle one of its names`,
    expected: `no space at either end${toDatabase ? ', and no ", ` or \\ (\\ in a column is fine)' : ''}`,
    found,
    hint: `rename it, or ${toDatabase ? 'give the pipeline --sink applier' : `load ${id} with the mode full_load_only`}`,
    exit: 1,
  });
}

/** A consumer of two topics that differ in dots and underscores alone fails, because its metrics of both have one name. */
function requireOwnTopics(ids: readonly TableId[], { source, prefix, database }: NamesOptions): void {
  const seen = new Map<string, TableId>();
  for (const id of ids) {
    const topic = source.topicOf({ prefix, database, table: id });
    const plain = topic.replaceAll('.', '_');
    const other = seen.get(plain);
    if (other !== undefined)
      throw new OperatorError({
        code: 'one-topic',
        message: `changes of ${other} and ${id} cannot be told apart: their topics would have one name`,
        expected: 'names that differ in letters, digits or -: in a topic all else becomes _',
        found: topic,
        hint: 'give each of them a pipeline of its own',
        exit: 1,
      });
    seen.set(plain, id);
  }
}
