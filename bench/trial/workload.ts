import { createHash, randomUUID } from 'node:crypto';
import type { TableId } from '#model/catalog.ts';
import type { Change, Value } from '#model/change.ts';
import type { ColumnDefinition, TableDefinition } from '#model/definition.ts';
import type { OperationKind } from '#model/operation.ts';
import type { Database } from '#model/pipeline.ts';
import { KEYLESS } from '#model/values.ts';
import type { Generator, Installer, RowRef, Statement, Transaction } from '#model/workload.ts';
import { random } from '#std/random.ts';

/** A row of the trial's tables: how ledger and reports name it, and how a change does. */
export interface TrialRow extends RowRef {
  /** The table's name without its schema. */
  readonly name: TableName;
  /** The values that this row alone has. */
  readonly where: Readonly<Record<string, string | number>>;
  readonly id: number;
}

export type TableName = 'calm' | 'pairs' | 'coded' | 'unheard' | 'shortlived' | `columns_${number}`;

/** How the source's engine names a table. */
export type Naming = (name: string) => TableId;

/** Tables without a primary key: one that writers write, and one that is not captured for a while. */
export const NOTES = 'notes';
export const DIM_NOTES = 'dim_notes';
/** Its records have another key than the primary one; whatever an engine's connector takes for a schema. */
export const MESSAGE_KEYS = '[^.]+\\.coded:code';

/** Rows with keys up to this one are changed by the writers all the time; damage is planted in those above. */
const BUSY_ROWS = 300;
export const COLUMN_TABLES = 4;
const COLUMN_TABLE_ROWS = 25;

const column = (name: string, kind: ColumnDefinition['kind'], nullable = true): ColumnDefinition => ({
  ...{ name, kind },
  ...(nullable ? { nullable } : {}),
});
const ID = column('id', { kind: 'integer', bits: 64 }, false);
const LABEL = column('label', { kind: 'text' });
const AMOUNT = column('amount', { kind: 'decimal', precision: 12, scale: 2 });
const AT = column('at', { kind: 'instant', digits: 6 });

const WIDE: readonly ColumnDefinition[] = [
  ...[ID, LABEL, AMOUNT, AT],
  column('flag', { kind: 'boolean' }),
  column('data', { kind: 'json' }),
  column('ratio', { kind: 'float', bits: 64 }),
  column('day', { kind: 'date' }),
  column('code', { kind: 'uuid' }, false),
  column('raw', { kind: 'bytes' }),
];
const PAIRS: readonly ColumnDefinition[] = [
  column('region', { kind: 'text', length: 8 }, false),
  column('number', { kind: 'integer', bits: 32 }, false),
  LABEL,
  column('quantity', { kind: 'integer', bits: 32 }),
  AT,
];

/** Columns that a finding may name. */
export const COLUMNS: Readonly<Record<'wide' | 'pairs', readonly string[]>> = {
  wide: WIDE.slice(1).map(({ name }) => name),
  pairs: PAIRS.slice(2).map(({ name }) => name),
};

export const NOTES_MAX = 2000;
const REGIONS = ['eu', 'ü', '山'] as const;
const isPairs = (name: string) => name === 'pairs';
const regionOf = (id: number): string => REGIONS[id % REGIONS.length] as string;

const BEGINNING_MS = Date.UTC(2024, 0, 1);
const HOUR_MS = 3_600_000;
/** Moments end before 2038, which is as far as some engines' go. */
const MOMENTS = 50_000;
/** An instant so many steps behind the first, without its zone. */
const moment = (n: number, stepMs: number): string =>
  new Date(BEGINNING_MS + (n % MOMENTS) * stepMs).toISOString().slice(0, 19);
const hours = (n: number): string => `${moment(n, HOUR_MS)}.123456Z`;
const digest = (n: number): string => createHash('md5').update(String(n)).digest('hex');
/** Of version 4: an engine may refuse others. None ends in a byte of zero: Debezium's connector for MariaDB alters those. */
const uuidOf = (hex: string): string =>
  hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})/, '$1-$2-4$3-8$4-').replace(/00$/, '01');
/** One that no row has. */
export const anyUuid = (): string => randomUUID().replace(/00$/, '01');

/** Values of a row, of all columns in their order; `n` makes it differ from all others. */
function valuesOf(name: string, n: number): Value[] {
  if (isPairs(name)) return [regionOf(n), n, `pair ${n}`, n + 3, hours(n)];
  if (name === NOTES || name === DIM_NOTES) return [`note ${n}`, `${n}.25`, `${moment(n, 60_000)}Z`];
  const hex = digest(n);
  const day = new Date(BEGINNING_MS + (n % 1000) * 24 * HOUR_MS).toISOString().slice(0, 10);
  const data = `{"n": ${n}}`;
  return [n, `row ${n}`, (n * 1.25).toFixed(2), hours(n), n % 2 === 0, data, n / 7, day, uuidOf(hex), `\\x${hex}`];
}

/** How reports name a note: by all of its values. */
export function noteKey(n: number): string {
  return JSON.stringify([`note ${n}`, `${n}.25`, `${moment(n, 60_000).replace('T', ' ')}+00`]);
}

/** A table by its name without a schema. */
export function tableOf(name: string): TableDefinition {
  if (isPairs(name)) return { name, columns: PAIRS, key: ['region', 'number'] };
  if (name === NOTES || name === DIM_NOTES) return { name, columns: [LABEL, AMOUNT, AT], key: [] };
  // Of a row that is deleted the records' key is known only where its old values are.
  return { name, columns: WIDE, key: ['id'], ...(name === 'coded' ? { oldValues: true } : {}) };
}

export function rowOf(naming: Naming, name: TableName, id: number): TrialRow {
  const table = naming(name);
  if (!isPairs(name)) return { table, name, id, key: JSON.stringify([String(id)]), where: { id } };
  const region = regionOf(id);
  return { table, name, id, key: JSON.stringify([region, String(id)]), where: { region, number: id } };
}

export interface Quiet {
  /** Rows of all tables of the writers that they leave alone, so that what is planted in them stays. */
  readonly first: number;
  readonly last: number;
}

/** Makes and fills the trial's tables, with so many rows that the writers leave alone. */
export async function installTrial(database: Database, installer: Installer, quiet: number): Promise<Quiet> {
  const rows = BUSY_ROWS + quiet;
  const columned = Array.from({ length: COLUMN_TABLES }, (_, n) => `columns_${n}`);
  const counts: Readonly<Record<string, number>> = {
    ...{ calm: rows, pairs: rows, coded: rows, unheard: rows, shortlived: rows },
    ...Object.fromEntries(columned.map((name) => [name, COLUMN_TABLE_ROWS])),
    ...{ [NOTES]: NOTES_MAX, [DIM_NOTES]: NOTES_MAX },
  };
  const tables = Object.keys(counts).map(tableOf);
  await installer.createTables(database, tables);
  for (const table of tables) {
    const values = Array.from({ length: counts[table.name] ?? 0 }, (_, index) => valuesOf(table.name, index + 1));
    await installer.insertRows(database, table, namesOf(table), values);
  }
  await installer.analyze(database);
  return { first: BUSY_ROWS + 1, last: rows };
}

const namesOf = ({ columns }: TableDefinition): string[] => columns.map(({ name }) => name);

/** The writers' generator; what the trial itself wants to be written goes first. */
export interface TrialGenerator extends Generator {
  submit(transaction: Transaction): void;
  /** Transactions submitted and not taken yet. */
  readonly waiting: number;
}

export function trialGenerator(seed: number, naming: Naming): TrialGenerator {
  const luck = random(seed).fork('trial-writers');
  const queue: Transaction[] = [];
  let stamp = 0;
  const next = (): Transaction => {
    stamp++;
    const names = luck.chance(0.3)
      ? (['calm', 'pairs'] as const)
      : ([luck.pick(['calm', 'pairs', 'coded'] as const)] as const);
    const notes = luck.chance(0.2) ? [note(naming(NOTES), NOTES, NOTES_MAX + stamp)] : [];
    return {
      statements: [...names.map((name) => update(rowOf(naming, name, luck.between(1, BUSY_ROWS)), stamp)), ...notes],
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

/** Columns that {@link update} changes. */
export const updatedOf = ({ name }: Pick<TrialRow, 'name'>): readonly [string, string] => [
  'label',
  isPairs(name) ? 'quantity' : 'amount',
];

/** Changes a row in a way that no other stamp does. */
export function update(row: TrialRow, stamp: number): Statement {
  const [label, amount] = updatedOf(row);
  const set = { [label]: `change ${stamp}`, [amount]: { add: 1 } };
  return { change: 'update', table: tableOf(row.name), set, where: row.where, writes: writes(row, 'update') };
}

function insertOf(name: string, n: number): Change {
  const table = tableOf(name);
  return { change: 'insert', table, columns: namesOf(table), rows: [valuesOf(name, n)] };
}

export function insert(row: TrialRow): Statement {
  return { ...insertOf(row.name, row.id), writes: writes(row, 'insert') };
}

/** A row of a table without a primary key. */
export function note(table: TableId, name: string, n: number): Statement & Change {
  return { ...insertOf(name, n), writes: [{ table, key: KEYLESS, kind: 'insert' }] };
}

export function remove(row: TrialRow): Statement & Change {
  return { change: 'delete', table: tableOf(row.name), where: row.where, writes: writes(row, 'delete') };
}
