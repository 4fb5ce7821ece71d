import type { Column, Table, TableId } from '#model/catalog.ts';
import type { Kind } from '#model/kind.ts';
import type { ColumnPair } from './port/compare.ts';
import type { Engine } from './port/engine.ts';

/** How the tables of a source and of a sink go together that may be of different engines. */
export interface Between {
  /** Both are databases of one engine, so types and sort order need no third terms. */
  readonly alike: boolean;
  /** See {@link SourcePort.widePositions}. */
  readonly widePositions: boolean;
  /** The table at the sink for one of the source. */
  sinkId(table: TableId): TableId;
  /** The source's table in the sink's terms, for making it there: what the sink's engine has no type for is a text. */
  atSink(table: Table): Table;
  /** Whether values of both columns have a text by which they can be compared. */
  compares(pair: ColumnPair): boolean;
  /** A pair of columns as each side reads it. */
  pair(pair: ColumnPair): { readonly source: ColumnPair; readonly sink: ColumnPair };
}

export function between(source: Engine, sink: Engine): Between {
  const { widePositions } = source.source;
  const compares = (pair: ColumnPair): boolean =>
    source.dialect.textless?.(pair.source) !== true && sink.dialect.textless?.(pair.sink) !== true;
  if (source.name === sink.name) return { ...ALIKE, widePositions, compares };
  return {
    alike: false,
    widePositions,
    compares,
    sinkId: (table) => renamed(table, source, sink),
    atSink: (table) => ({
      ...table,
      schema: table.schema === source.dialect.defaultSchema ? sink.dialect.defaultSchema : table.schema,
      columns: table.columns.map((column) => translated(column, source.dialect.kindOf(column), sink)),
    }),
    pair(pair) {
      const as = kindBetween(source.dialect.kindOf(pair.source), sink.dialect.kindOf(pair.sink));
      return {
        source: { ...pair, as, sink: translated(pair.sink, as, source) },
        sink: { ...pair, as, source: translated(pair.source, as, sink) },
      };
    },
  };
}

const ALIKE: Omit<Between, 'widePositions' | 'compares'> = {
  alike: true,
  sinkId: (table) => table,
  atSink: (table) => table,
  pair: (pair) => ({ source: pair, sink: pair }),
};

/** A table in the source's default schema is in the sink's; any other schema has its name there, too. */
function renamed(table: TableId, source: Engine, sink: Engine): TableId {
  const own = `${source.dialect.defaultSchema}.`;
  return table.startsWith(own) ? `${sink.dialect.defaultSchema}.${table.slice(own.length)}` : table;
}

/**
 * A column in an engine's own terms. What a type of its own is made over goes with the type. A name that both engines give to
 * a type of their own need not mean the same: what has no type here is a text.
 */
function translated({ base: _, ...column }: Column, kind: Kind, { dialect }: Engine): Column {
  return { ...column, type: dialect.typeFor(kind) ?? dialect.typeFor({ kind: 'text' }) ?? column.type };
}

/**
 * The kind as which values of two columns are compared: the source's, unless the sink's holds the same values under another
 * name. A number that one side calls a truth is compared as a number; a moment without a zone is one in UTC.
 */
export function kindBetween(source: Kind, sink: Kind): Kind {
  const kinds = [source.kind, sink.kind];
  const both = (left: Kind['kind'], right: Kind['kind']): boolean => kinds.includes(left) && kinds.includes(right);
  if (both('boolean', 'integer') || both('boolean', 'bits')) return { kind: 'integer', bits: 64 };
  if (both('instant', 'local-timestamp'))
    return { kind: 'instant', digits: Math.max(digitsOf(source), digitsOf(sink)) };
  if (both('date', 'local-timestamp') || both('date', 'instant')) return sink.kind === 'date' ? source : sink;
  if (isPadded(source) || isPadded(sink)) return { kind: 'text', padded: true };
  if (source.kind === 'other' || sink.kind === 'other') return { kind: 'text' };
  return source;
}

function isPadded(kind: Kind): boolean {
  return kind.kind === 'text' && kind.padded === true;
}

function digitsOf(kind: Kind): number {
  return 'digits' in kind ? kind.digits : 6;
}

/**
 * How a source's tables go together with objects of them, whose values are the canonical texts of the source's kinds
 * (`objects/json-lines.ts`).
 */
export function betweenObjects({ source, dialect }: Engine): Between {
  return {
    alike: false,
    widePositions: source.widePositions,
    sinkId: (table) => table,
    atSink: (table) => table,
    compares: ({ source: column }) => dialect.textless?.(column) !== true,
    pair: (pair) => {
      const as = objectKind(dialect.kindOf(pair.source));
      return { source: { ...pair, as }, sink: { ...pair, as } };
    },
  };
}

/** What a column's values are in objects: what only one engine has is a text to all others. */
export function objectKind(kind: Kind): Kind {
  return kind.kind === 'other' ? { kind: 'text' } : kind;
}
