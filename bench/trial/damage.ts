import { engineOf } from '#engines/index.ts';
import type { Value } from '#model/change.ts';
import type { Row } from '#model/values.ts';
import { altered } from './alterations.ts';
import type { Expected } from './jury.ts';
import { about, drop, type Field, found, type Make, placeOf, plant, saved, single } from './plant.ts';
import { changeAtOnce, insertion, put, setting } from './sink-rows.ts';
import { anyUuid, COLUMNS, remove, rowOf, type TrialRow, update, updatedOf } from './workload.ts';

/** A row that vanishes from the sink. */
export const vanished: Make = (field) => {
  const { sink } = field;
  const row = field.fresh();
  let before: Row = {};
  return plant(field, {
    ...found('lost', about(row, 'lost')),
    async damage() {
      before = await saved(sink, row);
      await drop(sink, row);
    },
    async heal() {
      await put(sink, placeOf(row), before);
      return [];
    },
  });
};

/** A row that nobody wrote at the source. */
export const phantom: Make = (field) => {
  const { sink } = field;
  const like = field.fresh();
  const id = field.unused();
  // In its region a pair has its number alone.
  const row: TrialRow =
    like.name === 'pairs'
      ? { ...like, id, where: { ...like.where, number: id }, key: JSON.stringify([like.where.region, String(id)]) }
      : rowOf(field.naming, like.name, id);
  const code = like.name === 'coded' ? { code: anyUuid() } : {};
  return plant(field, {
    ...found('orphan', about(row, 'orphan')),
    async damage() {
      await changeAtOnce(sink, [insertion(placeOf(row), { ...(await saved(sink, like)), ...row.where, ...code })]);
    },
    async heal() {
      await drop(sink, row);
      return [];
    },
  });
};

/** A second copy of a row; only where the sink has no unique key. */
export const copied: Make = (field) => {
  const { sink } = field;
  const row = field.fresh(true);
  let before: Row = {};
  return plant(field, {
    ...found('duplicate', about(row, 'duplicate')),
    async damage() {
      before = await saved(sink, row);
      await changeAtOnce(sink, [insertion(placeOf(row), before)]);
    },
    async heal() {
      await put(sink, placeOf(row), before);
      return [];
    },
  });
};

const columnsOf = ({ name }: TrialRow): readonly string[] =>
  name === 'pairs'
    ? COLUMNS.pairs
    : name === 'coded'
      ? COLUMNS.wide.filter((column) => column !== 'code')
      : COLUMNS.wide;

/** A value, or two, that no version of the row had. */
export const corrupted: Make = (field) => {
  const { sink, luck } = field;
  const row = field.fresh();
  const names = [luck.pick(columnsOf(row))];
  if (luck.chance(0.2)) {
    const second = luck.pick(columnsOf(row).filter((name) => !names.includes(name)));
    names.push(second);
  }
  const chosen = names.map((name) => ({ name, one: luck.pick(field.alterations.byColumn.get(name) ?? []) }));
  let before: Row = {};
  return plant(field, {
    ...found('corrupt', about(row, 'corrupt', names)),
    async damage() {
      before = await saved(sink, row);
      const set = chosen.map(({ name, one }): [string, Value] => [name, altered(before, name, one)]);
      await changeAtOnce(sink, [setting(placeOf(row), Object.fromEntries(set))]);
    },
    async heal() {
      await put(sink, placeOf(row), before);
      return [];
    },
  });
};

/** Two changes that arrive, and then the row of the first again: by a job that names no change, or by the applier. */
export const wentBack =
  (anomaly: 'stale' | 'reordered'): Make =>
  (field) => {
    const { sink } = field;
    const row = field.fresh();
    let older: Row = {};
    let newer: Row = {};
    return plant(field, {
      ...found(anomaly, about(row, anomaly, updatedOf(row))),
      before: [
        async () => [single(update(row, field.stamp()))],
        async () => {
          older = await saved(sink, row);
          return [single(update(row, field.stamp()))];
        },
      ],
      async damage() {
        newer = await saved(sink, row);
        await put(sink, placeOf(row), older, anomaly === 'stale' ? { _cdc_lsn: null } : {});
      },
      async heal() {
        await put(sink, placeOf(row), newer);
        return [];
      },
    });
  };

/** A row that was deleted, was seen gone, and is back. */
export const returned: Make = (field) => {
  const { sink } = field;
  const row = field.fresh();
  let before: Row = {};
  return plant(field, {
    ...found('resurrected', about(row, 'resurrected')),
    before: [
      async () => {
        before = await saved(sink, row);
        return [single(remove(row))];
      },
    ],
    damage: () => put(sink, placeOf(row), before),
    async heal() {
      await drop(sink, row);
      return [];
    },
  });
};

const columnFinding = (
  { naming }: Field,
  anomaly: 'missing-column' | 'extra-column',
  name: string,
  column: string,
): Expected => ({
  ...{ anomaly, table: naming(name), columns: [column] },
  hop: 'log-to-sink',
});

/** Alters a table of a sink. */
function alter({ sink }: Field, name: string, what: (quote: (name: string) => string) => string): Promise<unknown> {
  const { quote, quoteTable } = engineOf(sink).dialect;
  return sink.query(`ALTER TABLE ${quoteTable(name)} ${what(quote)}`);
}

/** A column that the sink loses. */
export const columnLost: Make = (field) => {
  const name = `columns_${field.columnTable()}`;
  const column = field.luck.pick(COLUMNS.wide);
  const hidden = '_cdc_hidden';
  return plant(field, {
    ...found('missing-column', columnFinding(field, 'missing-column', name, column)),
    damage: () => alter(field, name, (quote) => `RENAME COLUMN ${quote(column)} TO ${quote(hidden)}`),
    async heal() {
      await alter(field, name, (quote) => `RENAME COLUMN ${quote(hidden)} TO ${quote(column)}`);
      return [];
    },
  });
};

/** A column that only the sink has. */
export const columnAdded: Make = (field) => {
  const { sink } = field;
  const name = `columns_${field.columnTable()}`;
  const column = `added_${field.stamp()}`;
  const { dialect, source } = engineOf(sink);
  const table = `${dialect.defaultSchema}.${name}`;
  return plant(field, {
    ...found('extra-column', columnFinding(field, 'extra-column', name, column)),
    damage: () => source.addColumn(sink, table, { name: column, kind: { kind: 'text' }, nullable: true, default: 'x' }),
    async heal() {
      await alter(field, name, (quote) => `DROP COLUMN ${quote(column)}`);
      return [];
    },
  });
};
