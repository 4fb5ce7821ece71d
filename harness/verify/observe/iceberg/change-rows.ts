import { canonicalText } from '#engines/canonical-text.ts';
import { kindFromEvent } from '#engines/event-kinds.ts';
import type { SourcePort } from '#engines/port/source.ts';
import { compileRow } from '#log/envelope.ts';
import type { KnownColumns } from '#log/formats/column-types.ts';
import { isUnavailable } from '#log/placeholder.ts';
import type { SourceBlock } from '#log/source-block.ts';
import { numberOf } from '#log/wire.ts';
import type { Kind } from '#model/kind.ts';
import { isBookkeeping, type Row, type Text } from '#model/values.ts';
import { wholeText } from '../values/numbers.ts';
import { valueTextFor } from '../values/value-text.ts';
import type { PayloadRow } from './parquet-rows.ts';

/** What the fields of the `source` block are called as columns, behind this. */
export const SOURCE_FIELD = '_cdc_source_';

/** The columns that the sink's transforms add beside those of the table. */
export const CHANGE_COLUMNS = {
  ...{ op: '_cdc_op', committedAt: '_cdc_captured_at', received: '_cdc_received' },
  ...{ topic: '_cdc_topic', partition: '_cdc_partition', offset: '_cdc_offset' },
} as const;

/** Added by Debezium's transform where deletes are rows. */
const DELETED = '__deleted';

export interface RowsOptions {
  readonly source: Pick<SourcePort, 'block' | 'formatPosition'>;
  /** How the events of the table's topic write its columns. */
  readonly columns: KnownColumns;
  /** What the table's columns hold; a column that came later is taken for what its event says. */
  readonly kinds: ReadonlyMap<string, Kind>;
}

/** The table's own columns among those of a file. */
export function ownColumns(rows: readonly PayloadRow[]): readonly string[] {
  return Object.keys(rows[0] ?? {}).filter((name) => !isBookkeeping(name) && name !== DELETED);
}

/**
 * The rows of one file as the changes that they are, in canonical texts, with the `_cdc_` columns that changes have in objects of JSON
 * Lines. A column whose value the event did not have is left out, and so is one that is not
 * known. Throws `Undecodable` for what no event would hold.
 */
export function changeRows(rows: readonly PayloadRow[], { source, columns, kinds }: RowsOptions): Row[] {
  const names = ownColumns(rows).filter((name) => columns.has(name));
  // Where a column has been of several types, its values tell which it is.
  const fields = names.map((name) => ({
    ...columns.fieldFor(name, rows.find((row) => row[name] !== null)?.[name] ?? null),
    field: name,
  }));
  const compiled = compileRow({ type: 'struct', fields }, valueTextFor);
  const cells = compiled.fields.map((field, index) => {
    const column = compiled.columns[index];
    const from: Kind = column === undefined ? { kind: 'text' } : kindFromEvent(column);
    return { ...field, from, as: kinds.get(field.name) ?? from };
  });
  return rows.map((row) => {
    const own: Record<string, Text> = {};
    for (const { name, convert, mayBeUnavailable, from, as } of cells) {
      const raw = row[name];
      if (mayBeUnavailable && isUnavailable(raw)) continue;
      own[name] = raw === null || raw === undefined ? null : canonicalText(convert(raw), from, as);
    }
    return { ...own, ...bookkeepingOf(row, source) };
  });
}

function bookkeepingOf(row: PayloadRow, { block, formatPosition }: RowsOptions['source']): Row {
  const fields: SourceBlock = Object.fromEntries(
    block.fields.map((field) => [field, row[`${SOURCE_FIELD}${field}`] ?? undefined]),
  );
  const lsn = block.position(fields);
  const { op, committedAt, received, topic, partition, offset } = CHANGE_COLUMNS;
  const micros = numberOf(row[received]);
  return {
    _cdc_op: String(row[op] ?? ''),
    _cdc_lsn: lsn === undefined ? null : formatPosition(lsn),
    _cdc_captured_at: timeText(numberOf(row[committedAt])),
    _cdc_received: timeText(micros === undefined ? undefined : micros / 1000),
    _cdc_topic: String(row[topic] ?? ''),
    _cdc_partition: wholeText(row[partition]),
    _cdc_offset: wholeText(row[offset]),
  };
}

function timeText(ms: number | undefined): Text {
  return ms === undefined ? null : new Date(ms).toISOString();
}
