import type { RowKey, RowWrite, Segment } from '#engines/port/sink.ts';
import { type ChangeEvent, type EventRow, UNCHANGED } from '#model/change-event.ts';
import type { Key, Text } from '#model/values.ts';
import type { Staged } from './entries.ts';

const LETTERS = { create: 'c', update: 'u', delete: 'd', read: 'r', truncate: 't' } as const;

type Values = Readonly<Record<string, Text>>;

function rowKey(event: ChangeEvent): RowKey {
  return { columns: Object.keys(event.key), values: Object.values(event.key) };
}

/** The columns that the event sets: those it leaves unchanged are left out. */
function setBy(row: EventRow): Values {
  let unchanged = false;
  for (const name in row) unchanged ||= row[name] === UNCHANGED;
  if (!unchanged) return row as Values;
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== UNCHANGED)) as Values;
}

/** A later event over an earlier one: what it does not set stays as the earlier one left it. */
function merge(earlier: Values | undefined, later: Values): Values {
  return earlier === undefined ? later : { ...earlier, ...later };
}

function write(staged: Staged, values: Values, guard?: bigint): RowWrite {
  const { event, receivedAtMs } = staged;
  return {
    key: Object.keys(event.key),
    values,
    op: LETTERS[event.op],
    lsn: event.lsn,
    capturedAtMs: event.committedAtMs,
    receivedAtMs,
    guard,
  };
}

/** Cuts the events of one table at each truncate; every part but the first begins with one. */
function parts(staged: readonly Staged[]): { truncate?: ChangeEvent; rest: Staged[] }[] {
  let part: { truncate?: ChangeEvent; rest: Staged[] } = { rest: [] };
  const all = [part];
  for (const one of staged) {
    if (one.event.op === 'truncate') {
      part = { truncate: one.event, rest: [] };
      all.push(part);
    } else {
      part.rest.push(one);
    }
  }
  return all;
}

interface UpsertState {
  readonly key: RowKey;
  deleted: boolean;
  values: Values | undefined;
  last: Staged;
  guard: bigint | undefined;
}

/**
 * One table's events as writes by key, equal to applying them one by one: a key is deleted at most once, then written at
 * most once. Events without a key can only be inserted. With `guarded`, events must have passed their guard before.
 */
export function compactUpserts(staged: readonly Staged[], guarded: boolean): Segment[] {
  return parts(staged).map(({ truncate, rest }) => {
    const states = new Map<Key, UpsertState>();
    const inserts: RowWrite[] = [];
    const tombstones = new Map<Key, bigint>();
    for (const one of rest) {
      const { event, id } = one;
      if (id === '[]') {
        inserts.push(write(one, setBy(event.after ?? {})));
        continue;
      }
      let state = states.get(id);
      if (state === undefined) {
        state = { key: rowKey(event), deleted: false, values: undefined, last: one, guard: undefined };
        states.set(id, state);
      }
      state.last = one;
      // A read's LSN is no bound for the changes behind it, so it raises no guard: see decodeChangeEvent.
      if (event.op !== 'read' && event.lsn !== undefined) state.guard = event.lsn;
      if (event.op === 'delete') {
        state.deleted = true;
        state.values = undefined;
        // The guard goes over to the tombstone, as it does where the row comes back in a later batch.
        state.guard = undefined;
        if (guarded && event.lsn !== undefined) tombstones.set(id, event.lsn);
      } else {
        state.values = merge(state.values, setBy(event.after ?? {}));
      }
    }
    const all = [...states.values()];
    return {
      ...(truncate === undefined ? {} : { truncate: { guard: guarded ? truncate.lsn : undefined } }),
      deletes: all.filter((state) => state.deleted).map((state) => state.key),
      updates: [],
      upserts: all.flatMap(({ last, values, guard }) =>
        values === undefined ? [] : [write(last, values, guarded ? guard : undefined)],
      ),
      inserts,
      tombstones,
    };
  });
}

interface InsertState {
  readonly key: RowKey;
  deleted: boolean;
  /** What the updates have set on the rows that were there before. */
  patch: { values: Values; last: Staged } | undefined;
  /** Rows inserted by these events, as later updates have left them. */
  rows: { values: Values; last: Staged }[];
}

/**
 * One table's events as blind inserts, updates and deletes by key, equal to applying them one by one to a table in which
 * a key may stand any number of times.
 */
export function compactInserts(staged: readonly Staged[]): Segment[] {
  return parts(staged).map(({ truncate, rest }) => {
    const states = new Map<Key, InsertState>();
    for (const one of rest) {
      const { event, id } = one;
      let state = states.get(id);
      if (state === undefined) {
        state = { key: rowKey(event), deleted: false, patch: undefined, rows: [] };
        states.set(id, state);
      }
      applyToRows(state, one);
    }
    const all = [...states.values()];
    return {
      ...(truncate === undefined ? {} : { truncate: {} }),
      deletes: all.filter((state) => state.deleted).map((state) => state.key),
      updates: all.flatMap(({ patch }) => (patch === undefined ? [] : [write(patch.last, patch.values)])),
      upserts: [],
      inserts: all.flatMap(({ rows }) => rows.map((row) => write(row.last, row.values))),
      tombstones: new Map(),
    };
  });
}

function applyToRows(state: InsertState, one: Staged): void {
  const { event } = one;
  const values = setBy(event.after ?? {});
  if (event.op === 'delete') {
    state.deleted = true;
    state.patch = undefined;
    state.rows = [];
  } else if (event.op === 'update') {
    if (!state.deleted) state.patch = { values: merge(state.patch?.values, values), last: one };
    state.rows = state.rows.map((row) => ({ values: merge(row.values, values), last: one }));
  } else {
    state.rows.push({ values, last: one });
  }
}
