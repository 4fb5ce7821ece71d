import type { GuardQuestion, Guards, RowKey, RowWrite, Segment } from '#engines/port/sink.ts';
import { type EventRow, UNCHANGED } from '#model/change-event.ts';
import type { Key, Text } from '#model/values.ts';
import type { Staged } from './entries.ts';

type Values = Record<string, Text>;

interface Stored {
  values: Values;
  guard: bigint | undefined;
}

/** A sink table in memory: what the statements of a segment mean, written as plainly as can be. */
export class MemoryTable {
  rows: Stored[] = [];
  readonly tombstones = new Map<Key, bigint>();
  truncated: bigint | undefined;
  /** At or above every guard. */
  highest = -1n;

  write(segment: Segment): void {
    if (segment.truncate !== undefined) this.#truncate(segment.truncate.guard);
    for (const [key, lsn] of segment.tombstones) this.tombstones.set(key, max(this.tombstones.get(key), lsn) ?? lsn);
    for (const key of segment.deletes) this.rows = this.rows.filter((row) => !hasKey(row, key));
    for (const write of segment.updates) for (const row of this.#withKey(write)) change(row, write);
    for (const write of segment.upserts) {
      const [row] = this.#withKey(write);
      if (row === undefined) this.rows.push({ values: { ...write.values }, guard: write.guard });
      else change(row, write);
    }
    for (const write of segment.inserts) this.rows.push({ values: { ...write.values }, guard: undefined });
    for (const { guard } of this.rows) this.highest = max(this.highest, guard) ?? -1n;
    for (const lsn of this.tombstones.values()) this.highest = max(this.highest, lsn) ?? -1n;
  }

  guards(questions: readonly GuardQuestion[]): Guards {
    const keys = new Map<Key, bigint>();
    for (const question of questions) {
      const row = this.rows.find((candidate) => hasKey(candidate, question));
      const guard = max(row?.guard, this.tombstones.get(question.id));
      if (guard !== undefined && guard >= question.lsn) keys.set(question.id, guard);
    }
    return { keys, table: this.truncated };
  }

  /** The rows as sorted JSON, so that two tables can be compared whatever the order of their rows. */
  contents(): string[] {
    return this.rows.map(({ values }) => JSON.stringify(Object.entries(values).sort())).sort();
  }

  #truncate(guard: bigint | undefined): void {
    this.rows = this.rows.filter((row) => guard !== undefined && row.guard !== undefined && row.guard > guard);
    this.truncated = max(this.truncated, guard);
  }

  #withKey(write: RowWrite): Stored[] {
    const key = { columns: write.key, values: write.key.map((name) => write.values[name] ?? null) };
    return this.rows.filter((row) => hasKey(row, key));
  }
}

function hasKey(row: Stored, key: RowKey): boolean {
  return key.columns.every((name, index) => row.values[name] === key.values[index]);
}

function change(row: Stored, write: RowWrite): void {
  Object.assign(row.values, write.values);
  row.guard = max(row.guard, write.guard);
}

function max(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  if (a === undefined) return b;
  return b === undefined || a > b ? a : b;
}

function set(row: EventRow): Values {
  const values: Values = {};
  for (const [name, value] of Object.entries(row)) if (value !== UNCHANGED) values[name] = value;
  return values;
}

/** What an applier does that takes one event after the other, by the modes' own definitions. */
export function rowByRow(mode: 'insert' | 'upsert' | 'dedup', all: readonly Staged[]): string[] {
  let rows: Stored[] = [];
  const dead = new Map<string | null, bigint>();
  let truncated: bigint | undefined;
  for (const { event } of all) {
    const { op } = event;
    const id = event.key.id ?? null;
    const lsn = mode === 'dedup' ? event.lsn : undefined;
    const found = rows.filter((row) => row.values.id === id);
    if (op === 'truncate') {
      if (lsn !== undefined && truncated !== undefined && lsn <= truncated) continue;
      rows = rows.filter((row) => lsn !== undefined && row.guard !== undefined && row.guard > lsn);
      truncated = max(truncated, lsn);
      continue;
    }
    const guard = max(max(found[0]?.guard, dead.get(id)), truncated);
    if (lsn !== undefined && guard !== undefined && (op === 'read' ? lsn < guard : lsn <= guard)) continue;
    const raised = op === 'read' ? undefined : lsn;
    const values = set(event.after ?? {});
    if (op === 'delete') {
      rows = rows.filter((row) => row.values.id !== id);
      if (lsn !== undefined) dead.set(id, lsn);
    } else if ((mode === 'insert' && op !== 'update') || (mode !== 'insert' && found.length === 0)) {
      rows.push({ values, guard: raised });
    } else {
      for (const row of found)
        Object.assign(row, { values: { ...row.values, ...values }, guard: max(row.guard, raised) });
    }
  }
  return rows.map(({ values }) => JSON.stringify(Object.entries(values).sort())).sort();
}
