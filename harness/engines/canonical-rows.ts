import type { ColumnPair, ComparePort, KeyedRow, ReadPlan } from '#engines/port/compare.ts';
import type { Column, Table } from '#model/catalog.ts';
import type { Kind } from '#model/kind.ts';
import type { Database } from '#model/pipeline.ts';
import type { Key, Row, Text } from '#model/values.ts';
import { compareUtf8 } from '#std/utf8-order.ts';
import { canonicalText } from './canonical-text.ts';

/** What an engine's columns hold, by their types. */
type KindOf = (column: Pick<Column, 'type' | 'base'>) => Kind;

type Answered = readonly (string | null)[];

/** The column of the side that is read. */
export const own = (plan: ReadPlan, pair: ColumnPair): Column => (plan.side === 'source' ? pair.source : pair.sink);

/** Rows of a view that makes canonical texts of what the server answers: columns in the order of key, columns, bookkeeping. */
export interface RowReader {
  key(row: Answered): Key;
  rows(rows: readonly Answered[]): KeyedRow[];
}

export function rowReader(plan: ReadPlan, kindOf: KindOf): RowReader {
  const pairs = [...plan.key, ...plan.columns];
  const kinds = pairs.map((pair) => [kindOf(own(plan, pair)), pair.as ?? kindOf(pair.source)] as const);
  const keys = kinds.slice(0, plan.key.length);
  const textsOf = (row: Answered, of: typeof kinds): Text[] =>
    of.map(([kind, as], index) => canonicalText(row[index] ?? null, kind, as));
  const keyedRow = (row: Answered): KeyedRow => {
    const texts = textsOf(row, kinds);
    const key = JSON.stringify(texts.slice(0, plan.key.length));
    const compared = JSON.stringify(texts.slice(plan.key.length));
    if (plan.bookkeeping.length === 0) return { key, row: compared };
    return { key, row: compared, bookkeeping: JSON.stringify(row.slice(pairs.length)) };
  };
  return { key: (row) => JSON.stringify(textsOf(row, keys)), rows: (rows) => rows.map(keyedRow) };
}

/** The order of {@link ReadView.stream}. */
export function byBytes(left: KeyedRow, right: KeyedRow): number {
  return compareUtf8(left.key, right.key) || compareUtf8(left.row, right.row);
}

const ONE_SPELLING: ReadonlySet<Kind['kind']> = new Set(['integer', 'text', 'enum']);

/** The parts of a comparison for which nothing need be asked of the server: a text's kind says what it means. */
export function compareByKinds(kindOf: KindOf): Pick<ComparePort, 'hasOneSpelling' | 'canonicalRows' | 'typeNote'> {
  return {
    hasOneSpelling: (column) => ONE_SPELLING.has(kindOf(column).kind),
    async canonicalRows(_: Pick<Database, 'query'>, table: Table, rows: readonly Row[], { as } = {}) {
      const kinds = new Map(table.columns.map((column) => [column.name, kindOf(column)]));
      return rows.map((row) => {
        const canonical: Record<string, Text> = {};
        for (const [name, text] of Object.entries(row)) {
          const kind = kinds.get(name);
          if (kind !== undefined) canonical[name] = canonicalText(text, kind, as?.get(name) ?? kind);
        }
        return canonical;
      });
    },
    typeNote: () => undefined,
  };
}
