import type { TableId } from '#model/catalog.ts';
import { type ChangeEvent, type EventColumn, type EventRow, UNCHANGED } from '#model/change-event.ts';
import type { Text } from '#model/values.ts';

/** How an applier sees the events of a table. */
export interface EventShape {
  /** The primary key; empty where the events' own key counts. */
  readonly key: readonly string[];
  /** Columns that it leaves alone. */
  readonly exclude?: ReadonlySet<string>;
}

/**
 * Events as an applier is to see them: keyed by the table's primary key, whatever a connector's `message.key.columns` makes
 * of the records' keys, and without the columns that nobody compares.
 */
export function eventFitting(shapes: ReadonlyMap<TableId, EventShape>): (event: ChangeEvent) => ChangeEvent {
  // A schema's columns are one object while it lasts, by which an applier knows that it has seen them.
  const kept = new WeakMap<readonly EventColumn[], readonly EventColumn[]>();
  return (event) => {
    const shape = shapes.get(event.table);
    if (shape === undefined) return event;
    const keyed = withKey(event, shape.key);
    const { exclude } = shape;
    if (exclude === undefined) return keyed;
    let columns = kept.get(event.columns);
    if (columns === undefined) {
      columns = event.columns.filter(({ name }) => !exclude.has(name));
      kept.set(event.columns, columns);
    }
    return {
      ...keyed,
      columns,
      ...(keyed.before === undefined ? {} : { before: without(keyed.before, exclude) }),
      ...(keyed.after === undefined ? {} : { after: without(keyed.after, exclude) }),
    };
  };
}

function withKey(event: ChangeEvent, key: readonly string[]): ChangeEvent {
  const own = Object.keys(event.key);
  if (event.op === 'truncate' || key.length === 0) return event;
  if (own.length === key.length && key.every((name) => name in event.key)) return event;
  const row = event.after ?? event.before ?? {};
  const values: Record<string, Text> = {};
  for (const name of key) {
    const value = row[name];
    // Without the key's values the event is applied as it came.
    if (value === undefined || value === UNCHANGED || value === null) return event;
    values[name] = value;
  }
  return { ...event, key: values };
}

function without(row: EventRow, exclude: ReadonlySet<string>): EventRow {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !exclude.has(name)));
}
