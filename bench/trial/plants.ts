import type { Anomaly, Hop } from '#model/finding.ts';
import type { Database } from '#model/pipeline.ts';
import type { Transaction } from '#model/workload.ts';
import type { Random } from '#std/random.ts';
import type { Expected, Planting } from './jury.ts';
import { ALTERATIONS, COLUMN_TABLES, COLUMNS, insert, remove, rowOf, type TrialRow, update } from './workload.ts';

/** A planting on its way: what the source must do first, how the sink is damaged, and how both are mended. */
export interface Plant extends Planting {
  /** Rows whose transactions the trial submits, one list after the other, each once the one before has arrived. */
  readonly before: readonly (() => Promise<readonly Transaction[]>)[];
  /** The damage; absent where the last of the transactions before does it. */
  damage?(): Promise<unknown>;
  /** It is found when all rows are compared, not before. */
  readonly atEnd?: boolean;
  /** Undoes the damage at the sink, and says what must be written at the source besides. */
  heal(): Promise<readonly Transaction[]>;
}

/** Where plantings of one round are made. */
export interface Field {
  readonly variant: string;
  readonly sink: Database;
  readonly luck: Random;
  /** A row that nobody has used, and that no writer touches; `keyless` in a table whose sink may have no unique key. */
  fresh(keyless?: boolean): TrialRow;
  /** The number of a note that nobody has used. */
  note(): number;
  /** A key that no row has had. */
  unused(): TrialRow;
  stamp(): number;
  /** A column table that nobody uses in this round, by its number. */
  columnTable(): number;
}

type Make = (field: Field) => Plant;

const single = (...statements: readonly Transaction['statements'][number][]): Transaction => ({
  statements,
  reads: [],
});

function plant(
  field: Field,
  what: Omit<Plant, 'variant' | 'before' | 'heal'> & Partial<Pick<Plant, 'before' | 'heal'>>,
): Plant {
  return { variant: field.variant, before: [], heal: async () => [], ...what };
}

function about(row: TrialRow, anomaly: Anomaly, columns?: readonly string[], hop: Hop = 'log-to-sink'): Expected {
  return { anomaly, hop, table: row.table, key: row.key, ...(columns === undefined ? {} : { columns }) };
}

const found = (anomaly: Anomaly, ...expected: readonly Expected[]) => ({
  anomaly,
  hop: expected[0]?.hop ?? ('log-to-sink' as const),
  expected,
});

/** The whole row, bookkeeping included, as text that the table's type takes as input. */
async function saved(sink: Database, row: TrialRow): Promise<string> {
  const [found] = await sink.query<{ row: string }>(`SELECT t::text AS row FROM ${row.name} AS t WHERE ${row.where}`);
  if (found === undefined) throw new Error(`${row.table} ${row.key} is not at the sink`);
  return found.row;
}

/** Puts a row in place of the one that is there, in one transaction: nobody sees it gone. */
async function put(sink: Database, row: TrialRow, text: string, set = ''): Promise<void> {
  const literal = `'${text.replaceAll("'", "''")}'`;
  await sink.query(
    `DO $put$ BEGIN
       DELETE FROM ${row.name} WHERE ${row.where};
       INSERT INTO ${row.name} SELECT (${literal}::${row.name}).*;
       ${set === '' ? '' : `UPDATE ${row.name} SET ${set} WHERE ${row.where};`}
     END $put$`,
  );
}

const drop = (sink: Database, row: TrialRow) => sink.query(`DELETE FROM ${row.name} WHERE ${row.where}`);

/** A row that vanishes from the sink. */
const vanished: Make = (field) => {
  const { sink } = field;
  const row = field.fresh();
  let text = '';
  return plant(field, {
    ...found('lost', about(row, 'lost')),
    async damage() {
      text = await saved(sink, row);
      await drop(sink, row);
    },
    async heal() {
      await put(sink, row, text);
      return [];
    },
  });
};

/** A row that nobody wrote at the source. */
const phantom: Make = (field) => {
  const { sink } = field;
  const like = field.fresh();
  const row = rowOf(like.name, field.unused().id);
  const key = row.name === 'pairs' ? { region: JSON.parse(row.key)[0], number: row.id } : { id: row.id };
  const code = row.name === 'coded' ? `|| jsonb_build_object('code', gen_random_uuid())` : '';
  return plant(field, {
    ...found('orphan', about(row, 'orphan')),
    async damage() {
      await sink.query(
        `INSERT INTO ${row.name} SELECT (jsonb_populate_record(t, $1::jsonb ${code})).* FROM ${row.name} AS t WHERE ${like.where}`,
        [JSON.stringify(key)],
      );
    },
    async heal() {
      await drop(sink, row);
      return [];
    },
  });
};

/** A second copy of a row; only where the sink has no unique key. */
const copied: Make = (field) => {
  const { sink } = field;
  const row = field.fresh(true);
  return plant(field, {
    ...found('duplicate', about(row, 'duplicate')),
    async damage() {
      await sink.query(`INSERT INTO ${row.name} SELECT * FROM ${row.name} WHERE ${row.where}`);
    },
    async heal() {
      await sink.query(
        `DELETE FROM ${row.name} WHERE ${row.where} AND ctid <> (SELECT min(ctid) FROM ${row.name} WHERE ${row.where})`,
      );
      return [];
    },
  });
};

const columnsOf = ({ name }: TrialRow) =>
  name === 'pairs'
    ? COLUMNS.pairs
    : name === 'coded'
      ? COLUMNS.wide.filter((column) => column !== 'code')
      : COLUMNS.wide;
const UPDATED = (row: TrialRow) => ['label', row.name === 'pairs' ? 'quantity' : 'amount'];

/** A value, or two, that no version of the row had. */
const altered: Make = (field) => {
  const { sink, luck } = field;
  const row = field.fresh();
  const names = [luck.pick(columnsOf(row))];
  if (luck.chance(0.2)) {
    const second = luck.pick(columnsOf(row).filter((name) => !names.includes(name)));
    names.push(second);
  }
  const sets = names.map((name) => `${name} = ${luck.pick(ALTERATIONS[name] ?? [])}`);
  let text = '';
  return plant(field, {
    ...found('corrupt', about(row, 'corrupt', names)),
    async damage() {
      text = await saved(sink, row);
      await sink.query(`UPDATE ${row.name} SET ${sets.join(', ')} WHERE ${row.where}`);
    },
    async heal() {
      await put(sink, row, text);
      return [];
    },
  });
};

/** Two changes that arrive, and then the row of the first again: by a job that names no change, or by the applier. */
const wentBack =
  (anomaly: 'stale' | 'reordered'): Make =>
  (field) => {
    const { sink } = field;
    const row = field.fresh();
    let older = '';
    let newer = '';
    return plant(field, {
      ...found(anomaly, about(row, anomaly, UPDATED(row))),
      before: [
        async () => [single(update(row, field.stamp()))],
        async () => {
          older = await saved(sink, row);
          return [single(update(row, field.stamp()))];
        },
      ],
      async damage() {
        newer = await saved(sink, row);
        await put(sink, row, older, anomaly === 'stale' ? '_cdc_lsn = NULL' : '');
      },
      async heal() {
        await put(sink, row, newer);
        return [];
      },
    });
  };

/** A row that was deleted, was seen gone, and is back. */
const returned: Make = (field) => {
  const { sink } = field;
  const row = field.fresh();
  let text = '';
  return plant(field, {
    ...found('resurrected', about(row, 'resurrected')),
    before: [
      async () => {
        text = await saved(sink, row);
        return [single(remove(row))];
      },
    ],
    damage: () => put(sink, row, text),
    async heal() {
      await drop(sink, row);
      return [];
    },
  });
};

/** Makes the sink pass over whatever an applier does to these rows. */
export const PASS_OVER_SQL = (tables: readonly string[]) => `
CREATE SCHEMA IF NOT EXISTS trial;
CREATE TABLE trial.passed_over (tbl text, id bigint, PRIMARY KEY (tbl, id));
CREATE FUNCTION trial.pass_over() RETURNS trigger LANGUAGE plpgsql AS $pass$
DECLARE
  changed record;
BEGIN
  IF TG_OP = 'DELETE' THEN changed := OLD; ELSE changed := NEW; END IF;
  IF EXISTS (SELECT FROM trial.passed_over WHERE tbl = TG_TABLE_NAME AND id = (to_jsonb(changed) ->> TG_ARGV[0])::bigint)
  THEN RETURN NULL; END IF;
  RETURN changed;
END $pass$;
${tables.map((name) => `CREATE TRIGGER trial BEFORE INSERT OR UPDATE OR DELETE ON ${name} FOR EACH ROW EXECUTE FUNCTION trial.pass_over('${name === 'pairs' ? 'number' : 'id'}');`).join('\n')}`;

const passOver = (sink: Database, row: TrialRow) =>
  sink.query('INSERT INTO trial.passed_over VALUES ($1, $2)', [row.name, row.id]);
const passNoMore = (sink: Database, row: TrialRow) =>
  sink.query('DELETE FROM trial.passed_over WHERE tbl = $1 AND id = $2', [row.name, row.id]);

/** A change that the applier makes and that has no effect, as of one that skips it. */
const passedOver =
  (anomaly: 'lost' | 'stale' | 'orphan'): Make =>
  (field) => {
    const { sink } = field;
    const row = anomaly === 'lost' ? rowOf(field.fresh().name, field.unused().id) : field.fresh();
    const change = () =>
      anomaly === 'lost' ? insert(row) : anomaly === 'stale' ? update(row, field.stamp()) : remove(row);
    return plant(field, {
      ...found(anomaly, about(row, anomaly, anomaly === 'stale' ? UPDATED(row) : undefined)),
      before: [
        async () => {
          await passOver(sink, row);
          return [single(change())];
        },
      ],
      async heal() {
        await passNoMore(sink, row);
        if (anomaly === 'orphan') await drop(sink, row);
        return anomaly === 'orphan' ? [] : [single(anomaly === 'lost' ? remove(row) : update(row, field.stamp()))];
      },
    });
  };

/** A transaction of two rows of which the sink passes one over. */
const halved: Make = (field) => {
  const { sink } = field;
  const there = rowOf('calm', field.unused().id);
  const absent = rowOf('pairs', field.unused().id);
  return plant(field, {
    ...found('partial-transaction', about(absent, 'partial-transaction'), about(absent, 'lost')),
    before: [
      async () => {
        await passOver(sink, absent);
        return [single(insert(there), insert(absent))];
      },
    ],
    async heal() {
      await passNoMore(sink, absent);
      return [single(remove(there), remove(absent))];
    },
  });
};

const columnFinding = (anomaly: 'missing-column' | 'extra-column', number: number, column: string): Expected => ({
  anomaly,
  hop: 'log-to-sink',
  table: `public.columns_${number}`,
  columns: [column],
});

/** A column that the sink loses. */
const columnLost: Make = (field) => {
  const { sink, luck } = field;
  const number = field.columnTable();
  const name = `columns_${number}`;
  const column = luck.pick(COLUMNS.wide);
  return plant(field, {
    ...found('missing-column', columnFinding('missing-column', number, column)),
    async damage() {
      await sink.query(`ALTER TABLE ${name} RENAME COLUMN ${column} TO _cdc_hidden`);
    },
    async heal() {
      await sink.query(`ALTER TABLE ${name} RENAME COLUMN _cdc_hidden TO ${column}`);
      return [];
    },
  });
};

/** A column that only the sink has. */
const columnAdded: Make = (field) => {
  const { sink } = field;
  const number = field.columnTable();
  const name = `columns_${number}`;
  const column = `added_${field.stamp()}`;
  return plant(field, {
    ...found('extra-column', columnFinding('extra-column', number, column)),
    async damage() {
      await sink.query(`ALTER TABLE ${name} ADD COLUMN ${column} text DEFAULT 'x'`);
    },
    async heal() {
      await sink.query(`ALTER TABLE ${name} DROP COLUMN ${column}`);
      return [];
    },
  });
};

interface Kind {
  readonly make: Make;
  /** Plantings of it in one round at each sink. The verifier names at most 20 findings of a class. */
  readonly count: number;
  readonly where?: (variant: string) => boolean;
}

/** Only sinks that say which change a row is from can show an order; only a sink without a key can hold a row twice. */
const namesChanges = (variant: string) => variant !== 'debezium-jdbc';
const keyless = (variant: string) => variant === 'insert';

export const KINDS: readonly Kind[] = [
  { make: vanished, count: 6 },
  { make: phantom, count: 5 },
  { make: copied, count: 8, where: keyless },
  { make: altered, count: 16 },
  { make: wentBack('stale'), count: 5 },
  { make: wentBack('reordered'), count: 6, where: namesChanges },
  { make: returned, count: 6 },
  { make: passedOver('lost'), count: 3 },
  { make: passedOver('stale'), count: 3 },
  { make: passedOver('orphan'), count: 3 },
  { make: halved, count: 3 },
  { make: columnLost, count: COLUMN_TABLES / 2 },
  { make: columnAdded, count: COLUMN_TABLES / 2 },
];
