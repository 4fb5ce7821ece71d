import { engineOf } from '#engines/index.ts';
import type { OperationKind } from '#model/operation.ts';
import type { Database } from '#model/pipeline.ts';
import { about, drop, type Field, found, type Make, plant, single, unusedIn } from './plant.ts';
import { insert, remove, type TrialRow, update, updatedOf } from './workload.ts';

/** Marks a row of a sink by the number that its place has. */
function passing({ sink }: Field, { name, id }: TrialRow): { begin(): Promise<void>; end(): Promise<void> } {
  const { dialect, sink: port } = engineOf(sink);
  const table = `${dialect.defaultSchema}.${name}`;
  return { begin: () => port.passOver.begin(sink, table, id), end: () => port.passOver.end(sink, table, id) };
}

/** Readies the tables of a sink in which rows are marked. */
export async function readyToPass(sink: Database): Promise<void> {
  const { dialect, sink: port } = engineOf(sink);
  const tables = ['calm', 'pairs', 'coded'].map((name) => ({
    table: `${dialect.defaultSchema}.${name}`,
    column: name === 'pairs' ? 'number' : 'id',
  }));
  await port.passOver.prepare(sink, tables);
}

export const KIND_OF = { lost: 'insert', stale: 'update', orphan: 'delete' } as const satisfies Record<
  string,
  OperationKind
>;

/** A change that the applier makes and that has no effect, as of one that skips it. */
export const passedOver =
  (anomaly: 'lost' | 'stale' | 'orphan'): Make =>
  (field) => {
    const { sink } = field;
    const row = anomaly === 'lost' ? unusedIn(field, field.fresh().name) : field.fresh();
    const mark = passing(field, row);
    const change = () =>
      anomaly === 'lost' ? insert(row) : anomaly === 'stale' ? update(row, field.stamp()) : remove(row);
    return plant(field, {
      ...found(anomaly, about(row, anomaly, anomaly === 'stale' ? updatedOf(row) : undefined)),
      before: [
        async () => {
          await mark.begin();
          return [single(change())];
        },
      ],
      async heal() {
        await mark.end();
        if (anomaly === 'orphan') await drop(sink, row);
        return anomaly === 'orphan' ? [] : [single(anomaly === 'lost' ? remove(row) : update(row, field.stamp()))];
      },
    });
  };

/** A transaction of two new rows of which the sink passes one over. */
export const halvedInserts: Make = (field) => {
  const there = unusedIn(field, 'calm');
  const absent = unusedIn(field, 'pairs');
  const mark = passing(field, absent);
  return plant(field, {
    ...found('partial-transaction', about(absent, 'partial-transaction'), about(absent, 'lost')),
    before: [
      async () => {
        await mark.begin();
        return [single(insert(there), insert(absent))];
      },
    ],
    async heal() {
      await mark.end();
      return [single(remove(there), remove(absent))];
    },
  });
};

/** A transaction that changes two rows, of which the sink passes one over. */
export const halvedUpdates: Make = (field) => {
  const there = field.freshIn('calm');
  const absent = field.freshIn('pairs');
  const mark = passing(field, absent);
  return plant(field, {
    ...found('partial-transaction', about(absent, 'partial-transaction'), about(absent, 'stale', updatedOf(absent))),
    before: [
      async () => {
        await mark.begin();
        return [single(update(there, field.stamp()), update(absent, field.stamp()))];
      },
    ],
    async heal() {
      await mark.end();
      return [single(update(absent, field.stamp()))];
    },
  });
};

/** What cannot be planted at a sink of an engine, and why: one sentence each. */
export function unplantable(sink: Pick<Database, 'engine'>): string[] {
  const { passOver } = engineOf(sink).sink;
  const lacking = Object.entries(KIND_OF).filter(([, kind]) => !passOver.kinds.has(kind));
  if (lacking.length === 0) return [];
  const names = lacking.map(([anomaly, kind]) => `${kind} passed over (${anomaly})`).join(', ');
  return [`${names}: ${passOver.whyNot}`];
}
