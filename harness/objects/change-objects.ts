import type { TableId } from '#model/catalog.ts';
import type { Kind } from '#model/kind.ts';
import type { ObjectFormat } from '#model/pipeline.ts';
import type { Text } from '#model/values.ts';
import { textsOfLine } from './json-lines.ts';
import { openParquet } from './parquet.ts';

/** What the columns of a table hold, by their names, in the order in which they came. */
export type ColumnKinds = ReadonlyMap<string, Kind>;

/** The changes of one object, of one table. */
export interface TableChanges {
  readonly table: TableId;
  /** Each as `changeLine` makes it. */
  readonly lines: readonly string[];
  readonly kinds: ColumnKinds;
}

/** Names of the columns that a change has no value of, as a list in JSON; NULL where it has one of every column. */
export const UNCHANGED_COLUMN = '_cdc_unchanged';

const TEXT: Kind = { kind: 'text' };
const MOMENT: Kind = { kind: 'instant', digits: 3 };

/** What stands beside a row, and how Parquet has it. */
const BESIDE: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['_cdc_op', TEXT],
  ['_cdc_lsn', TEXT],
  ['_cdc_captured_at', MOMENT],
  ['_cdc_received', MOMENT],
  ['_cdc_topic', TEXT],
  ['_cdc_partition', { kind: 'integer', bits: 32 }],
  ['_cdc_offset', { kind: 'integer', bits: 64 }],
]);

/**
 * The whole of an object of changes. A line of JSON leaves out a column that has not changed; a row of Parquet has NULL there, and
 * says so in {@link UNCHANGED_COLUMN}. Throws an OperatorError (`no-parquet-value`) for a value that Parquet cannot hold.
 */
export function changesObject(format: ObjectFormat, changes: TableChanges): Uint8Array {
  return format === 'jsonl' ? Buffer.from(`${changes.lines.join('\n')}\n`) : asParquet(changes);
}

function asParquet({ table, lines, kinds }: TableChanges): Uint8Array {
  const rows = lines.map(textsOfLine);
  const own = new Map(kinds);
  // One that nobody knows of has a value in some line.
  for (const row of rows)
    for (const name of Object.keys(row)) if (!BESIDE.has(name) && !own.has(name)) own.set(name, TEXT);
  const columns = [...own, ...BESIDE, [UNCHANGED_COLUMN, TEXT] as const].map(([name, kind]) => ({
    ...{ name, kind, type: kind.kind, nullable: true },
  }));
  const names = [...own.keys()];
  const body = openParquet({ table, columns });
  for (const row of rows) {
    const without = names.filter((name) => row[name] === undefined);
    body.add([
      ...names.map((name) => row[name] ?? null),
      ...[...BESIDE].map(([name, kind]) => (kind === MOMENT ? momentOf(row[name]) : (row[name] ?? null))),
      without.length === 0 ? null : JSON.stringify(without),
    ]);
  }
  return body.end();
}

/** ISO 8601, as a line has it, as the canonical text of a moment. */
function momentOf(text: Text | undefined): Text {
  return text?.replace('T', ' ').replace('Z', '+00') ?? null;
}
