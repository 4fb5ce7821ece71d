import type { ConnectSchema } from '../wire.ts';
import { changeColumns, ROWS } from './columns.ts';
import type { WrittenSchema } from './format.ts';

/** Columns' own names, by those that a connector has given them in its records (`field.name.adjustment.mode`). */
export type ColumnNames = ReadonlyMap<string, string>;

/** Gives rows their columns' own names back: a schema and what is read with it. One result for each schema. */
export function renaming(names: ColumnNames): (written: WrittenSchema) => WrittenSchema {
  const known = new WeakMap<WrittenSchema, WrittenSchema>();
  return (written) => {
    if (names.size === 0) return written;
    const found = known.get(written);
    if (found !== undefined) return found;
    const made: WrittenSchema = {
      ...written,
      ...(written.schema === undefined ? {} : { schema: renamedSchema(written.schema, names) }),
      payload(bytes, from) {
        written.exact = this.exact;
        return renamedPayload(written.payload(bytes, from), names);
      },
    };
    known.set(written, made);
    return made;
  };
}

function renamedSchema(schema: ConnectSchema, names: ColumnNames): ConnectSchema {
  return changeColumns(schema, (column) => {
    const name = names.get(column.field ?? '');
    return name === undefined ? column : { ...column, field: name };
  });
}

/** In place: what was read is the reader's own. */
function renamedPayload(payload: unknown, names: ColumnNames): unknown {
  if (!isFields(payload)) return payload;
  const rows = 'op' in payload && isFields(payload.source) ? ROWS.map((name) => payload[name]) : [payload];
  for (const row of rows.filter(isFields))
    for (const [written, own] of names)
      if (Object.hasOwn(row, written)) {
        row[own] = row[written];
        delete row[written];
      }
  return payload;
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
