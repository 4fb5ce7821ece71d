import type { ColumnPair, ReadPlan } from '#engines/port/compare.ts';
import type { Engine } from '#engines/port/engine.ts';
import type { Table } from '#model/catalog.ts';
import type { EventRef } from '#model/finding.ts';
import type { Database } from '#model/pipeline.ts';
import { type Key, keyOf, type Row, type Text } from '#model/values.ts';
import type { KeylessEvent } from './keyless-log.ts';
import { kindsOf } from './plan.ts';

/** An event with the row, in canonical text, that it put there or took away. */
export interface RowEvent {
  readonly ref: EventRef;
  readonly row: Row;
}

/** What the log holds of a row that no key names, found by its values. In the log's order. */
export interface RowEvents {
  readonly written: readonly RowEvent[];
  readonly removed: readonly RowEvent[];
}

interface Canonical {
  readonly written: readonly RowEvent[];
  readonly removed: readonly RowEvent[];
}

interface Finding {
  readonly engine: Engine;
  readonly source: Database;
  readonly catalog: Table;
  readonly plan: ReadPlan;
}

const BATCH_ROWS = 1000;

/**
 * Finds the events of rows of a table without a primary key. `key` is the comparison's: all compared columns. A row is
 * looked up by all of its own columns; failing that by those whose type is the same on both sides, for the others are
 * compared in another spelling; failing that by those that are spelled in one way alone, for the capture may have altered
 * the others.
 */
export async function rowFinder(of: Finding, events: readonly KeylessEvent[]): Promise<(key: Key) => RowEvents> {
  const { engine, plan } = of;
  const canonical = await canonicalEvents(of, events);
  const own = plan.key.filter(({ source }) => source.expression === undefined);
  const lookups = [
    own,
    own.filter(({ source, sink }) => source.type === sink.type),
    own.filter(({ source }) => engine.compare.hasOneSpelling(source)),
  ].map((pairs) => lookup(pairs, canonical));
  return (key) => {
    const row = rowOf(plan, key);
    for (const found of lookups) {
      const one = found(row);
      if (one.written.length + one.removed.length > 0) return one;
    }
    return { written: [], removed: [] };
  };
}

async function canonicalEvents(
  { engine, source, catalog, plan }: Finding,
  events: readonly KeylessEvent[],
): Promise<Canonical> {
  const canonical = async (which: 'before' | 'after'): Promise<RowEvent[]> => {
    const found: RowEvent[] = [];
    const having = events.flatMap(({ ref, [which]: row }) => (row === undefined ? [] : [{ ref, row }]));
    for (let start = 0; start < having.length; start += BATCH_ROWS) {
      const batch = having.slice(start, start + BATCH_ROWS);
      const rows = await engine.compare.canonicalRows(
        source,
        catalog,
        batch.map(({ row }) => row),
        { as: kindsOf(plan) },
      );
      for (const [place, { ref }] of batch.entries()) found.push({ ref, row: rows[place] ?? {} });
    }
    return found;
  };
  return { written: await canonical('after'), removed: await canonical('before') };
}

/** A row as it was compared. */
function rowOf({ key: pairs }: ReadPlan, key: Key): Row {
  const values = JSON.parse(key) as Text[];
  return Object.fromEntries(pairs.map(({ source }, place) => [source.name, values[place] ?? null]));
}

const NOTHING: RowEvents = { written: [], removed: [] };

/** By the columns of `pairs`. An event from before a column was added is looked up by those that it has. */
function lookup(pairs: readonly ColumnPair[], { written, removed }: Canonical): (row: Row) => RowEvents {
  const names = pairs.map(({ source }) => source.name);
  if (names.length === 0) return () => NOTHING;
  const [put, taken] = [byColumns(names, written), byColumns(names, removed)];
  return (row) => ({ written: put(row), removed: taken(row) });
}

function byColumns(names: readonly string[], events: readonly RowEvent[]): (row: Row) => readonly RowEvent[] {
  const groups = new Map<string, { readonly has: readonly string[]; readonly by: Map<Key, RowEvent[]> }>();
  for (const event of events) {
    const has = names.filter((name) => name in event.row);
    if (has.length === 0) continue;
    const group = groups.get(has.join()) ?? { has, by: new Map<Key, RowEvent[]>() };
    groups.set(has.join(), group);
    const key = keyOf(has, event.row);
    const of = group.by.get(key);
    if (of === undefined) group.by.set(key, [event]);
    else of.push(event);
  }
  return (row) => [...groups.values()].flatMap(({ has, by }) => by.get(keyOf(has, row)) ?? []);
}
