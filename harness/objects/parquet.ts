import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { TableId } from '#model/catalog.ts';
import { OperatorError } from '#std/errors.ts';
import { shown } from '#std/shown.ts';
import type { ObjectBody, ObjectRows } from './formats.ts';
import type { ObjectColumn } from './object-column.ts';
import { type ParquetValue, parquetType } from './parquet-types.ts';

/** Text of a row group, at most: it is held as values until the group is encoded. */
const GROUP_BYTES = 16 * 1024 * 1024;

/** What a value without text, or with a short one, takes in memory at least. */
const VALUE_BYTES = 8;

/**
 * A Parquet file, in row groups that are compressed as soon as they are full. Every column may be NULL there: a catalog's NOT NULL
 * need not be true of rows that are older than it. `groupBytes` is a group's text, at most.
 */
export function openParquet({ table, columns }: ObjectRows, groupBytes = GROUP_BYTES): ObjectBody {
  const types = columns.map(({ kind }) => parquetType(kind));
  const writer = new ByteWriter();
  const file = new ParquetWriter({
    writer,
    schema: [
      { name: 'root', num_children: columns.length },
      ...columns.map(({ name }, at) => ({ ...types[at]?.element, name, repetition_type: 'OPTIONAL' as const })),
    ],
  });
  const emptyGroup = (): (ParquetValue | null)[][] => columns.map(() => []);
  let group = emptyGroup();
  let [rows, groupRows, held] = [0, 0, 0];
  const endGroup = (): void => {
    if (groupRows === 0) return;
    // A dictionary is looked up by value, and would take -0 for 0.
    const columnData = columns.map(({ name }, at) => {
      const data = group[at] ?? [];
      return types[at]?.signedZero === true ? { name, data, encoding: 'PLAIN' as const } : { name, data };
    });
    // Into memory it is written at once.
    void file.write({ columnData, rowGroupSize: groupRows });
    group = emptyGroup();
    [groupRows, held] = [0, 0];
  };
  return {
    add(texts) {
      for (const [at, column] of columns.entries()) {
        const text = texts[at] ?? null;
        const value = text === null ? null : types[at]?.toValue(text);
        if (value === undefined) throw unwritable(table, column, text);
        group[at]?.push(value);
        held += VALUE_BYTES + (text?.length ?? 0);
      }
      rows += 1;
      groupRows += 1;
      if (held >= groupBytes) endGroup();
    },
    get rows() {
      return rows;
    },
    get bytes() {
      return writer.offset + held;
    },
    end() {
      endGroup();
      void file.finish();
      return writer.getBytes();
    },
  };
}

function unwritable(table: TableId, { name, type }: ObjectColumn, text: string | null): OperatorError {
  return new OperatorError({
    code: 'no-parquet-value',
    message: `${table}: a value of ${name} cannot be written as Parquet`,
    expected: `a value of ${type} that Parquet's own type for it has, too`,
    found: shown(text),
    hint: 'change the row, or create the pipeline with --format jsonl, which holds every value',
    exit: 1,
  });
}
