import { boundSql } from '#engines/bounds.ts';
import { own } from '#engines/canonical-rows.ts';
import type { ColumnPair, ReadPlan } from '#engines/port/compare.ts';
import type { Kind } from '#model/kind.ts';
import type { Key, Text } from '#model/values.ts';
import { literalsFor } from './input-text.ts';
import { kindOf } from './kinds.ts';
import { ownValue, relation, valueSql } from './plan-sql.ts';

/** A condition that all rows meet, and one that none does. */
export const ALL = '1 = 1';
export const NONE = '1 = 0';

/** Kinds whose values every SQL Server sorts alike. A text's order is its collation's. A UUID sorts by its last part first. */
const SORTED: ReadonlySet<Kind['kind']> = new Set([
  ...(['integer', 'boolean', 'decimal', 'date', 'instant', 'local-timestamp', 'local-time', 'bytes', 'uuid'] as const),
]);
/** Those that any engine sorts alike and can be asked for. */
const SORTED_BY_ALL: ReadonlySet<Kind['kind']> = new Set(['integer', 'bytes']);

/** See {@link ComparePort.ordersAlike}. */
export function ordersAlike({ source, sink, as }: ColumnPair): boolean {
  const [first, other] = [kindOf(source), kindOf(sink)];
  if (first.kind !== other.kind) return false;
  if (as === undefined) return SORTED.has(first.kind);
  return as.kind === first.kind && SORTED_BY_ALL.has(as.kind) && !isWide(as);
}

/** Above the greatest integer of another engine lies half of an unsigned one of 64 bits. */
function isWide(kind: Kind): boolean {
  return kind.kind === 'integer' && kind.bits === 64 && kind.unsigned === true;
}

function keySql(plan: ReadPlan): string[] {
  return plan.key.map((pair) => ownValue(own(plan, pair)));
}

/** Whether the table has an index of the plan's key. */
function isIndexed(plan: ReadPlan): boolean {
  return plan.table.key.join() === plan.key.map((pair) => own(plan, pair).name).join();
}

/** The condition for the rows behind `after` up to and with `upTo`. */
export function withinSql(plan: ReadPlan, after: Key | undefined, upTo: Key | undefined): string {
  const key = keySql(plan);
  const conditions = [
    ...(after === undefined ? [] : [boundSql(key, literals(plan, after), '>', '>')]),
    ...(upTo === undefined ? [] : [boundSql(key, literals(plan, upTo), '<', '<=')]),
  ];
  return conditions.length === 0 ? ALL : conditions.join(' AND ');
}

/** Bounds are keys of the source: they are written as its columns have them, which the sink's may have no room for. */
function literals(plan: ReadPlan, key: Key): string[] {
  const texts = JSON.parse(key) as Text[];
  return plan.key.map(({ source }, index) => literalsFor(source)(texts[index] ?? null));
}

/** Asks for every `every`-th of up to `limit` keys behind `after`, and for the last; with each goes its number. */
export function everyNthKeySql(plan: ReadPlan, after: Key | undefined, every: number, limit: number): string {
  const key = keySql(plan);
  const names = key.map((_, index) => `k${index}`).join(', ');
  const columns = key.map((column, index) => `${column} AS k${index}`).join(', ');
  const read = plan.key.map(
    (pair, index) => `${valueSql({ ...own(plan, pair), expression: `k${index}` })} AS k${index}`,
  );
  return `SELECT ${read.join(', ')}, n, total FROM (
  SELECT ${names}, ROW_NUMBER() OVER (ORDER BY ${names}) AS n, COUNT(*) OVER () AS total FROM (
    SELECT TOP (${limit}) ${columns} FROM ${relation(plan.table)} AS t WHERE ${withinSql(plan, after, undefined)}
    ORDER BY ${key.join(', ')}) AS behind) AS numbered
WHERE n % ${every} = 0 OR n = total ORDER BY n`;
}

/** Pieces that one statement reads. */
const PIECES_AT_ONCE = 25;

export interface Piece {
  readonly place: number;
  readonly after: Key | undefined;
  readonly upTo: Key | undefined;
}

/**
 * Statements that ask for a piece's place, its rows, and the sum of their hashes. Without an index of the key each piece would
 * cost a reading of the table: one reading then parts the rows.
 */
export function digestsSql(plan: ReadPlan, bounds: readonly (Key | undefined)[], hash: string): string[] {
  // A sum of numbers of 64 bits needs more than those.
  const columns = 'COUNT_BIG(*) AS found, CONVERT(varchar(40), SUM(CONVERT(decimal(38,0), h))) AS total';
  const from = `FROM ${relation(plan.table)} AS t WHERE`;
  const pieces = piecesOf(bounds);
  if (!isIndexed(plan)) {
    const ends = pieces.slice(0, -1).map(({ place, upTo }) => `WHEN ${withinSql(plan, undefined, upTo)} THEN ${place}`);
    const place = ends.length === 0 ? '0' : `CASE ${ends.join(' ')} ELSE ${ends.length} END`;
    return [
      `SELECT place, ${columns} FROM (SELECT ${place} AS place, ${hash} AS h ${from} ${withinSql(plan, bounds[0], bounds.at(-1))}) AS hashed GROUP BY place`,
    ];
  }
  const selects = pieces.map(
    ({ place, after, upTo }) =>
      `SELECT ${place} AS place, ${columns} FROM (SELECT ${hash} AS h ${from} ${withinSql(plan, after, upTo)}) AS p${place}`,
  );
  const statements: string[] = [];
  for (let first = 0; first < selects.length; first += PIECES_AT_ONCE)
    statements.push(selects.slice(first, first + PIECES_AT_ONCE).join('\nUNION ALL\n'));
  return statements;
}

export function piecesOf(bounds: readonly (Key | undefined)[]): Piece[] {
  return bounds.slice(1).map((upTo, place) => ({ place, after: bounds[place], upTo }));
}
