import type { Pairing } from '#engines/common-form.ts';
import type { ColumnPlan, Hashing, Identity, Side, SideColumn, SideTable, TablePlan } from '#engines/port/reconcile.ts';
import { OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';
import type { TableRequest } from './request.ts';

/** What is wrong with the tables themselves, before any row is looked at. Names are the source's, then the target's. */
export interface SchemaDifferences {
  readonly missing_columns: readonly string[];
  readonly extra_columns: readonly string[];
  readonly type_differences: readonly { readonly column: string; readonly source: string; readonly target: string }[];
}

export interface PlannedTable {
  readonly source: TablePlan;
  readonly target: TablePlan;
  readonly method: 'ranges' | 'partitions';
  readonly schema: SchemaDifferences | undefined;
}

export interface PlanInput {
  readonly request: TableRequest;
  readonly source: SideTable;
  readonly target: SideTable;
  readonly hashing: Hashing;
  readonly pairing: Pairing;
  /** Columns that begin with one of these are bookkeeping. */
  readonly ignoredPrefixes: readonly string[];
}

/** Pairs the columns of two tables and decides how their rows are found and hashed. */
export function planTable({ request, source, target, hashing, pairing, ignoredPrefixes }: PlanInput): PlannedTable {
  const ignored = (name: string) => ignoredPrefixes.some((prefix) => name.startsWith(prefix));
  const targetName = (name: string) => request.mapColumns[name] ?? name;
  const keyNames = request.key ?? keyOf(source, target, request.mapColumns);
  for (const name of [...(request.key ?? []), ...(request.columns ?? []), ...Object.keys(request.mapColumns)])
    requireColumn(name, [source], request.source);
  for (const name of Object.values(request.mapColumns)) requireColumn(name, [target], request.target);
  const excluded = new Set(request.excludeColumns);
  const chosen = request.columns === undefined ? undefined : new Set([...request.columns, ...keyNames]);
  const wanted = ({ name }: SideColumn) =>
    chosen === undefined ? keyNames.includes(name) || !(ignored(name) || excluded.has(name)) : chosen.has(name);
  const pairs = source.columns.filter(wanted).map((column) => ({
    column,
    peer: target.columns.find(({ name }) => name === targetName(column.name)),
  }));
  const columns = pairs.flatMap(({ column, peer }) => {
    const as = request.mapTypes[column.name];
    return peer === undefined
      ? []
      : [planColumn({ name: column.name, source: column, target: peer, ...(as === undefined ? {} : { as }) }, pairing)];
  });
  const key = keyNames.map((name) => {
    const column = columns.find((each) => each.name === name);
    if (column === undefined) throw missingKey(name, request);
    return column;
  });
  if (columns.length === 0) {
    throw new OperatorError({
      code: 'nothing-to-compare',
      message: `${request.source} and ${request.target} have no column in common that is to be compared`,
      exit: 1,
    });
  }
  const method = rangesServe(key, source, target, request) ? 'ranges' : 'partitions';
  const identity = identityOf(key);
  const ordered = [...key, ...columns.filter((column) => !keyNames.includes(column.name))];
  const plan = { hashing, identity, key, columns: ordered };
  const where = (side: string | undefined) => (side === undefined ? {} : { where: side });
  return {
    source: { ...plan, side: 'source', table: source, ...where(request.where) },
    target: { ...plan, side: 'target', table: target, ...where(request.whereTarget ?? request.where) },
    method,
    schema: schemaDifferences(
      pairs.filter(({ peer }) => peer === undefined).map(({ column }) => column.name),
      chosen !== undefined
        ? []
        : target.columns
            .map(({ name }) => name)
            .filter((name) => !ignored(name) && !excluded.has(name))
            .filter((name) => !source.columns.some((column) => targetName(column.name) === name)),
      columns.filter((column) => column.as === undefined && pairing.differ(column.source, column.target)),
    ),
  };
}

/** A pair in the form that both sides can write. Throws an OperatorError (exit 1) that names a column without one. */
function planColumn(column: ColumnPlan, pairing: Pairing): ColumnPlan {
  if (!pairing.byKind) return column;
  const { name, source, target, as } = column;
  if (as !== undefined) {
    throw new OperatorError({
      code: 'no-map-types',
      message: `${name} cannot be compared as ${as}: the two databases have no types in common`,
      expected: 'a type of both databases, which only two PostgreSQL databases share',
      found: `${source.type} at the source, ${target.type} at the target`,
      hint: 'leave the column out of --map-types',
    });
  }
  const form = pairing.form(source, target);
  if (form !== undefined) return { ...column, form };
  throw new OperatorError({
    code: 'no-common-form',
    message: `${name} cannot be compared between the two databases`,
    expected: 'two types that hold the same values',
    found: `${source.type} at the source, ${target.type} at the target`,
    hint: `leave it out with --exclude-columns ${name}`,
    exit: 1,
  });
}

/** The source's primary key, or the target's where the source has none; none at all for tables without. */
function keyOf(source: SideTable, target: SideTable, mapped: Readonly<Record<string, string>>): readonly string[] {
  if (source.key.length > 0) return source.key;
  const sourceName = (name: string) => Object.entries(mapped).find(([, to]) => to === name)?.[0] ?? name;
  const key = target.key.map(sourceName);
  return key.every((name) => source.columns.some((column) => column.name === name)) ? key : [];
}

function rangesServe(key: readonly ColumnPlan[], source: SideTable, target: SideTable, request: TableRequest): boolean {
  if (key.length === 0 || !source.clustered || !target.clustered) return false;
  const sortable = key.every(
    (column) =>
      column.as === undefined &&
      column.source.order !== undefined &&
      column.source.order === column.target.order &&
      !column.source.nullable &&
      !column.target.nullable,
  );
  const served = (table: SideTable, names: readonly string[]) =>
    table.indexes.some((index) => names.every((name, place) => index[place] === name));
  return (
    sortable &&
    served(
      source,
      key.map((column) => column.source.name),
    ) &&
    served(
      target,
      key.map(({ name }) => request.mapColumns[name] ?? name),
    )
  );
}

function identityOf(key: readonly ColumnPlan[]): Identity {
  const [only] = key;
  if (only === undefined) return 'row';
  const integers = only.source.order === 'integer' && only.target.order === 'integer' && only.as === undefined;
  return key.length === 1 && integers && !only.source.nullable && !only.target.nullable ? 'integer' : 'key-hash';
}

function schemaDifferences(
  missing: readonly string[],
  extra: readonly string[],
  different: readonly ColumnPlan[],
): SchemaDifferences | undefined {
  if (missing.length + extra.length + different.length === 0) return undefined;
  return {
    missing_columns: missing,
    extra_columns: extra,
    type_differences: different.map(({ name, source, target }) => ({
      column: name,
      source: source.type,
      target: target.type,
    })),
  };
}

/** One of several tables to be compared, as both sides have it. */
export interface DescribedTable {
  readonly request: TableRequest;
  readonly source: SideTable;
  readonly target: SideTable;
}

/**
 * Columns that are named to be left out, or compared as another type, must be there: else a slip of the pen would compare
 * something else than was asked for. Of names that several tables share one table must have each, on either side.
 */
export function requireNamedColumns(tables: readonly DescribedTable[]): void {
  const requireOf = (
    named: (request: TableRequest) => object,
    sidesOf: (table: DescribedTable) => SideTable[],
  ): void => {
    // What was given once for several tables is one object.
    for (const [given, sharing] of Map.groupBy(tables, ({ request }) => named(request))) {
      const names = Array.isArray(given) ? (given as readonly string[]) : Object.keys(given);
      const asked = sharing.map(({ request }) => request.source).join(' or ');
      for (const name of names) requireColumn(name, sharing.flatMap(sidesOf), asked);
    }
  };
  requireOf(
    ({ excludeColumns }) => excludeColumns,
    ({ source, target }) => [source, target],
  );
  requireOf(
    ({ mapTypes }) => mapTypes,
    ({ source }) => [source],
  );
}

function requireColumn(name: string, tables: readonly SideTable[], asked: string): void {
  const names = [...new Set(tables.flatMap(({ columns }) => columns.map((column) => column.name)))];
  if (names.includes(name)) return;
  const near = nearest(name, names);
  throw new OperatorError({
    code: 'unknown-column',
    message: `${asked} has no column ${name}`,
    found: name,
    expected: `one of ${names.join(', ')}`,
    ...(near.length > 0 ? { hint: `did you mean ${near.join(' or ')}?` } : {}),
  });
}

function missingKey(name: string, request: TableRequest): OperatorError {
  return new OperatorError({
    code: 'no-key-column',
    message: `${request.target} has no column ${request.mapColumns[name] ?? name}, which is part of the key of ${request.source}`,
    hint: 'name columns that both have with --key, or map it with --map-columns',
    exit: 1,
  });
}

/** The way of hashing both sides share. Throws an OperatorError (exit 2) where `row-hash` is demanded and cannot be. */
export function hashingOf(source: Side, target: Side, wanted: Hashing | 'auto'): Hashing {
  const possible =
    source.engine === target.engine && source.fingerprint !== undefined && source.fingerprint === target.fingerprint;
  if (wanted === 'auto') return possible ? 'row-hash' : 'canonical-text';
  if (wanted === 'row-hash' && !possible) {
    throw new OperatorError({
      code: 'no-common-hash',
      message: 'the two databases do not compute the same row hash',
      expected: `${fingerprintOf(source)} on both sides`,
      found: fingerprintOf(target),
      hint: 'leave --hash out, or give --hash canonical-text',
    });
  }
  return wanted;
}

function fingerprintOf({ engine, fingerprint }: Side): string {
  return fingerprint ?? `${engine}, which has no row hash`;
}
