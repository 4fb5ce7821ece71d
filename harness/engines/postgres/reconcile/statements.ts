import type { Cell, Hashing, TablePlan } from '#engines/port/reconcile.ts';
import { baseType } from '#engines/postgres/canonical.ts';
import { quoteIdent } from '#engines/postgres/quote.ts';
import type { ServerTraits } from '#engines/postgres/server.ts';
import { type ColumnForms, columnForms, isInteger } from './forms.ts';

/** Where the chain of hashes begins. Any number would do, but zero: PostgreSQL's functions skip mixing for that seed. */
const FIRST_SEED = '8190237465019283745';

/** SQL for one table of one side, made once. `t` is the table's alias everywhere. */
export interface Statements {
  readonly forms: readonly ColumnForms[];
  readonly relation: string;
  /** The key's columns, quoted, with their alias: `t."a", t."b"`. */
  readonly key: readonly string[];
  /** 64-bit identity of a row. */
  readonly identity: string;
  /** 64-bit hash of a row. */
  readonly rowHash: string;
  /** What a range's rows, in key order, are digested to. */
  readonly rangeDigest: string;
  readonly where: string;
}

export function statementsFor(plan: TablePlan, relation: string, traits: ServerTraits): Statements {
  const forms = plan.columns.map((column) => columnForms(column, plan.side, traits));
  const keyForms = plan.key.map((column) => columnForms(column, plan.side, traits));
  const key = plan.key.map(
    (column) => `t.${quoteIdent((plan.side === 'source' ? column.source : column.target).name)}`,
  );
  const hashed = (of: readonly ColumnForms[]) => rowHashSql(of, plan.hashing, traits);
  const rowHash = hashed(forms);
  return {
    forms,
    relation,
    key,
    rowHash,
    identity:
      plan.identity === 'integer' ? `${key[0]}::bigint` : plan.identity === 'key-hash' ? hashed(keyForms) : rowHash,
    rangeDigest:
      plan.hashing === 'row-hash' || plan.columns.some(({ form }) => form !== undefined)
        ? `sum(${rowHash})::text`
        : `encode(sha256(${bucketBytes(forms)}), 'base64')`,
    where: plan.where === undefined ? '' : ` AND (${plan.where}\n)`,
  };
}

/** The 64-bit hash of a row. */
export function rowHashSql(forms: readonly ColumnForms[], hashing: Hashing, traits: ServerTraits): string {
  return hashing === 'row-hash' ? chained(forms) : asBigint(`sha256(${rowText(forms)})`, traits);
}

/** The 64-bit hash of a text: the first 8 bytes of the SHA-256 of its own in UTF-8. */
export function textHashSql(text: string, traits: ServerTraits): string {
  return asBigint(`sha256(convert_to(${text}, 'UTF8'))`, traits);
}

/** Each column's hash seeds the next, the key's first: so a value counts together with its row, column and neighbours. */
function chained(forms: readonly ColumnForms[]): string {
  return forms.reduce((seed, form) => form.hash(seed), FIRST_SEED);
}

/**
 * The canonical texts of one row. Lengths stand before the texts they belong to, so no text can imitate a separator; a
 * NULL leaves its place empty, as no text without a length does. (concat() would fill in for NULL, at twice the price.)
 */
function rowText(forms: readonly ColumnForms[]): string {
  const pieces = forms.flatMap(({ text, length, nullable }) => {
    const filled = (value: string) => (nullable ? `coalesce(${value}, '')` : value);
    return length === undefined ? [filled(text), `','`] : [filled(`${length}::text`), `':'`, filled(text)];
  });
  return `convert_to(${pieces.join(' || ')}, 'UTF8')`;
}

/**
 * A range's rows in bytes. Each row is a record as the protocol sends it: how many values there are, and each one's type and
 * length before it, -1 for NULL. That is one call a row, where a column at a time takes one a value. Floats and the like
 * have no one binary form, and go as texts without a separator, column by column.
 */
function bucketBytes(forms: readonly ColumnForms[]): string {
  const sent = forms.flatMap((form) => form.sent ?? []);
  const records = `coalesce(string_agg(record_send(ROW(${sent.join(', ')})), ''), '')`;
  const texts = forms
    .filter((form) => form.sent === undefined)
    .map(({ text, nullable }) => `string_agg(${nullable ? `coalesce(${text}, 'NULL')` : text}, ',')`);
  const parts = sent.length === 0 ? [] : [records];
  if (texts.length > 0) parts.push(`convert_to(coalesce(${texts.join(` || ';' || `)}, ''), 'UTF8')`);
  return parts.join(' || ');
}

function asBigint(digest: string, { hashesBytes }: ServerTraits): string {
  // PostgreSQL 18 casts bytea to integers; before, it takes a bit string.
  return hashesBytes
    ? `substring(${digest} FROM 1 FOR 8)::bigint`
    : `('x' || encode(substring(${digest} FROM 1 FOR 8), 'hex'))::bit(64)::bigint`;
}

export interface CellSql {
  /** SQL of a FROM item `c` with one row a cell: its place `i` and its bounds. */
  readonly from: string;
  /** The condition on `t` for the cell `c`. */
  readonly condition: string;
  readonly params: readonly unknown[];
}

/** Ranges of one shape: both ends closed or open alike. Bounds go as parameters, typed as the key's columns. */
export function rangeSql(
  plan: TablePlan,
  key: readonly string[],
  cells: readonly Extract<Cell, { kind: 'range' }>[],
  places: readonly number[],
): CellSql {
  const types = plan.key.map((column) => {
    const { type } = plan.side === 'source' ? column.source : column.target;
    // A bound may lie outside an integer column's own type where the other side's is wider.
    return isInteger(type) ? 'bigint' : baseType(type) === 'character' ? 'bpchar' : type;
  });
  const params: unknown[] = [places];
  const names = ['"~i"'];
  const columns = ['$1::int[]'];
  const conditions: string[] = [];
  for (const [end, operator] of [
    ['from', '>='],
    ['to', '<'],
  ] as const) {
    if (cells[0]?.[end] === undefined) continue;
    const bounds = types.map((type, part) => {
      params.push(cells.map((cell) => cell[end]?.[part] ?? null));
      columns.push(`$${params.length}::${type}[]`);
      names.push(`"~${end}${part}"`);
      return `c."~${end}${part}"`;
    });
    conditions.push(
      key.length === 1
        ? `${key[0]} ${operator} ${bounds[0]}`
        : `(${key.join(', ')}) ${operator} (${bounds.join(', ')})`,
    );
  }
  return {
    from: `unnest(${columns.join(', ')}) AS c(${names.join(', ')})`,
    condition: conditions.length === 0 ? 'true' : conditions.join(' AND '),
    params,
  };
}
