import type { RawSql } from '#model/change.ts';
import type { OperationKind } from '#model/operation.ts';
import type { Database } from '#model/pipeline.ts';
import { KEYLESS } from '#model/values.ts';
import type { Generator, RowRef, Statement, Transaction, Workload } from '#model/workload.ts';
import { random } from '#std/random.ts';

/** A row of the trial's tables: how ledger and reports name it, and how SQL does. */
export interface TrialRow extends RowRef {
  /** The table's name without its schema. */
  readonly name: TableName;
  /** The condition that holds for this row alone. */
  readonly where: string;
  readonly id: number;
}

export type TableName = 'calm' | 'pairs' | 'coded' | 'unheard' | 'shortlived' | `columns_${number}`;

/** Tables without a primary key: one that writers write, and one that is not captured for a while. */
export const NOTES = 'notes';
export const DIM_NOTES = 'dim_notes';
/** Its records have another key than the primary one. */
export const MESSAGE_KEYS = 'public.coded:code';

/** Rows with keys up to this one are changed by the writers all the time; damage is planted in those above. */
const BUSY_ROWS = 300;
export const COLUMN_TABLES = 4;
const COLUMN_TABLE_ROWS = 25;

/** Columns that a finding may name, with ways to alter a value so that no version ever had it. */
export const ALTERATIONS: Readonly<Record<string, readonly string[]>> = {
  label: [`label || ' '`, `label || U&'\\0301'`, 'upper(label) || label', 'NULL', `''`],
  amount: ['amount + 0.01', '-amount - 1', 'NULL'],
  at: [`at + interval '1 microsecond'`, `at - interval '2 hours'`, `'infinity'`],
  flag: ['NOT flag', 'NULL'],
  data: [`data || '{"planted": 1.0}'`, `'null'`, 'NULL'],
  ratio: ['ratio + 1e-9', `'NaN'`, `'-Infinity'`],
  day: ['day + 1', 'NULL'],
  code: ['gen_random_uuid()', 'NULL'],
  raw: [`raw || '\\x00'`, `''`, 'NULL'],
  quantity: ['quantity + 1', 'NULL'],
};

const WIDE = `label text, amount numeric(12,2), at timestamptz, flag boolean, data jsonb, ratio double precision,
  day date, code uuid, raw bytea`;
export const COLUMNS: Readonly<Record<'wide' | 'pairs', readonly string[]>> = {
  wide: ['label', 'amount', 'at', 'flag', 'data', 'ratio', 'day', 'code', 'raw'],
  pairs: ['label', 'quantity', 'at'],
};

/** SQL of a wide row's values but its key; `n` is an SQL expression that makes the row differ from all others. */
const wideValues = (n: string) =>
  `'row ' || ${n}, ${n} * 1.25, '2024-01-01T00:00:00.123456Z'::timestamptz + ${n} * interval '1 hour', ${n} % 2 = 0,
   jsonb_build_object('n', ${n}), ${n} / 7.0, date '2020-01-01' + ${n} % 1000, md5((${n})::text)::uuid,
   decode(md5((${n})::text), 'hex')`;
const pairsValues = (n: string) =>
  `'pair ' || ${n}, ${n} + 3, '2024-01-01T00:00:00.123456Z'::timestamptz + ${n} * interval '1 hour'`;

export const NOTES_MAX = 2000;
const noteValues = (n: string) =>
  `'note ' || ${n}, ${n} * 1.25, '2024-01-01Z'::timestamptz + ${n} * interval '1 minute'`;

const isPairs = (name: TableName) => name === 'pairs';
const REGIONS = ['eu', 'ü', '山'] as const;

/** Sinks that write by the records' key have it for their own. */
export const CODED_SINK_SQL = `CREATE TABLE coded (id bigint, ${WIDE}, _cdc_op text, _cdc_lsn bigint,
  _cdc_captured_at timestamptz, _cdc_received timestamptz, PRIMARY KEY (code))`;

export function rowOf(name: TableName, id: number): TrialRow {
  const table = `public.${name}`;
  if (!isPairs(name)) return { table, name, id, key: JSON.stringify([String(id)]), where: `id = ${id}` };
  const region = REGIONS[id % REGIONS.length] as string;
  const where = `region = '${region}' AND number = ${id}`;
  return { table, name, id, key: JSON.stringify([region, String(id)]), where };
}

/** Tables of which `quiet` rows are left alone by the writers, so that what is planted in them stays. */
export function trialWorkload(
  quiet: number,
): Workload & { readonly quietRows: readonly [first: number, last: number] } {
  const rows = BUSY_ROWS + quiet;
  return {
    name: 'trial',
    quietRows: [BUSY_ROWS + 1, rows],
    async install(database: Database) {
      const wide = [
        'calm',
        'coded',
        'unheard',
        'shortlived',
        ...Array.from({ length: COLUMN_TABLES }, (_, n) => `columns_${n}`),
      ];
      for (const name of wide) await database.query(`CREATE TABLE ${name} (id bigint PRIMARY KEY, ${WIDE})`);
      await database.query(
        'CREATE TABLE pairs (region text, number int, label text, quantity int, at timestamptz, PRIMARY KEY (region, number))',
      );
      for (const name of wide) {
        const count = name.startsWith('columns_') ? COLUMN_TABLE_ROWS : rows;
        await database.query(`INSERT INTO ${name} SELECT n, ${wideValues('n')} FROM generate_series(1, ${count}) AS n`);
      }
      await database.query(
        `INSERT INTO pairs SELECT (ARRAY['${REGIONS.join("','")}'])[n % 3 + 1], n, ${pairsValues('n')} FROM generate_series(1, ${rows}) AS n`,
      );
      for (const name of [NOTES, DIM_NOTES])
        await database.query(
          `CREATE TABLE ${name} (label text, amount numeric(12,2), at timestamptz); ALTER TABLE ${name} REPLICA IDENTITY FULL;
           INSERT INTO ${name} SELECT ${noteValues('n')} FROM generate_series(1, ${NOTES_MAX}) AS n`,
        );
      // Of a row that is deleted the records' key is known only where its old values are.
      await database.query('ALTER TABLE coded REPLICA IDENTITY FULL');
      await database.query('ANALYZE');
    },
    generator: (seed) => trialGenerator(seed),
  };
}

/** The writers' generator; what the trial itself wants to be written goes first. */
export interface TrialGenerator extends Generator {
  submit(transaction: Transaction): void;
  /** Transactions submitted and not taken yet. */
  readonly waiting: number;
}

export function trialGenerator(seed: number): TrialGenerator {
  const luck = random(seed).fork('trial-writers');
  const queue: Transaction[] = [];
  let stamp = 0;
  const next = (): Transaction => {
    stamp++;
    const names = luck.chance(0.3)
      ? (['calm', 'pairs'] as const)
      : ([luck.pick(['calm', 'pairs', 'coded'] as const)] as const);
    const notes = luck.chance(0.2) ? [note(NOTES, NOTES_MAX + stamp)] : [];
    return {
      statements: [...names.map((name) => update(rowOf(name, luck.between(1, BUSY_ROWS)), stamp)), ...notes],
      reads: [],
    };
  };
  return {
    submit: (transaction) => void queue.push(transaction),
    get waiting() {
      return queue.length;
    },
    next: () => queue.shift() ?? next(),
    backfill: () => [],
    tell: () => {},
  };
}

const writes = (row: TrialRow, kind: OperationKind) => [{ table: row.table, key: row.key, kind }];

/** Changes a row in a way that no other stamp does. */
export function update(row: TrialRow, stamp: number): Statement {
  const amount = isPairs(row.name) ? 'quantity = quantity + 1' : 'amount = amount + 1';
  return {
    sql: `UPDATE ${row.name} SET label = 'change ' || $1::text, ${amount} WHERE ${row.where}`,
    params: [stamp],
    writes: writes(row, 'update'),
  };
}

export function insert(row: TrialRow): Statement {
  const n = String(row.id);
  const region = `'${REGIONS[row.id % REGIONS.length]}'`;
  const values = isPairs(row.name) ? `${region}, ${n}, ${pairsValues(n)}` : `${n}, ${wideValues(n)}`;
  return { sql: `INSERT INTO ${row.name} SELECT ${values}`, params: [], writes: writes(row, 'insert') };
}

/** A row of a table without a primary key. */
export function note(table: string, n: number): Statement & RawSql {
  return {
    sql: `INSERT INTO ${table} SELECT ${noteValues(String(n))}`,
    params: [],
    writes: [{ table: `public.${table}`, key: KEYLESS, kind: 'insert' }],
  };
}

export function remove(row: TrialRow): Statement {
  return { sql: `DELETE FROM ${row.name} WHERE ${row.where}`, params: [], writes: writes(row, 'delete') };
}
