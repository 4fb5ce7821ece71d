import type { TableId } from '#model/catalog.ts';
import type { ObjectFormat } from '#model/pipeline.ts';
import type { Text } from '#model/values.ts';
import { jsonLineOf } from './json-lines.ts';
import type { ObjectColumn } from './object-column.ts';
import { openParquet } from './parquet.ts';

/** Formats by the name that a pipeline gives them, which is also how their objects' keys end. */
export const OBJECT_FORMATS = ['jsonl', 'parquet'] as const satisfies readonly ObjectFormat[];

/** An object that is being filled with rows of one table. */
export interface ObjectBody {
  /** A row by its columns' canonical texts. Throws an OperatorError (exit 1) for a value that the format cannot hold. */
  add(texts: readonly Text[]): void;
  readonly rows: number;
  /** About as many as it holds in memory. */
  readonly bytes: number;
  /** The whole object. Nothing is added to it afterwards. */
  end(): Uint8Array;
}

/** What is to be known of rows before the first of them is written. */
export interface ObjectRows {
  readonly table: TableId;
  readonly columns: readonly ObjectColumn[];
}

interface FormatWriter {
  readonly mediaType: string;
  open(rows: ObjectRows): ObjectBody;
}

/** How each format is written. */
export const FORMAT_WRITERS: Readonly<Record<ObjectFormat, FormatWriter>> = {
  jsonl: { mediaType: 'application/x-ndjson', open: openJsonLines },
  parquet: { mediaType: 'application/vnd.apache.parquet', open: openParquet },
};

function openJsonLines({ columns }: ObjectRows): ObjectBody {
  const lineOf = jsonLineOf(columns);
  const lines: string[] = [];
  let bytes = 0;
  return {
    add(texts) {
      const line = lineOf(texts);
      lines.push(line);
      bytes += line.length;
    },
    get rows() {
      return lines.length;
    },
    get bytes() {
      return bytes;
    },
    end: () => Buffer.from(`${lines.join('\n')}\n`),
  };
}
