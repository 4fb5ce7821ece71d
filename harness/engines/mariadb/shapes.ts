import type { Kind } from '#model/kind.ts';
import type { Database } from '#model/pipeline.ts';
import type { Check, Shape, ShapeColumn } from '#model/shape.ts';
import { GENERATED_SQL, OF_TABLES_SQL } from './catalog.ts';
import type { Flavour } from './flavour.ts';
import { kindOf } from './kinds.ts';
import { MARIADB_SCHEMA, quoteLiteral } from './quote.ts';

type Asked = Pick<Database, 'query'>;

const COLUMNS_SQL = `
SELECT c.table_name AS \`table\`, c.column_name AS name, c.column_type AS type, c.is_nullable AS nullable,
  ${GENERATED_SQL} AS \`generated\`, c.generation_expression AS computed,
  c.extra LIKE '%auto_increment%' AS identity, coalesce(c.column_default, 'NULL') <> 'NULL' AS hasDefault,
  c.character_set_name AS charset
${OF_TABLES_SQL}`;

const UNIQUE_SQL = `
SELECT table_name AS \`table\`, index_name AS \`index\`, column_name AS name
FROM information_schema.statistics WHERE table_schema = DATABASE() AND non_unique = 0
ORDER BY table_name, index_name, seq_in_index`;

const FOREIGN_SQL = `
SELECT table_name AS \`table\`, constraint_name AS \`constraint\`, column_name AS name,
  if(referenced_table_schema = DATABASE(), '${MARIADB_SCHEMA}', referenced_table_schema) AS parentSchema,
  referenced_table_name AS parent, referenced_column_name AS parentColumn
FROM information_schema.key_column_usage WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL
ORDER BY table_name, constraint_name, ordinal_position`;

const PARTITIONS_SQL = `
SELECT table_name AS \`table\`, partition_method AS method, partition_expression AS expression,
  group_concat(DISTINCT partition_description ORDER BY partition_ordinal_position SEPARATOR '\\n') AS bounds
FROM information_schema.partitions WHERE table_schema = DATABASE() AND partition_name IS NOT NULL
  AND partition_method <> 'SYSTEM_TIME'
GROUP BY table_name, partition_method, partition_expression`;

const TRIGGERS_SQL = `
SELECT DISTINCT event_object_table AS \`table\` FROM information_schema.triggers WHERE event_object_schema = DATABASE()`;

/** A column as `information_schema` has it. */
export interface ReadColumn {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly nullable: 'YES' | 'NO';
  readonly generated: '0' | '1';
  /** What a generated column is computed by. */
  readonly computed: string | null;
  readonly identity: '0' | '1';
  readonly hasDefault: '0' | '1';
  readonly charset: string | null;
}

interface ReadForeign {
  readonly table: string;
  readonly constraint: string;
  readonly name: string;
  readonly parentSchema: string;
  readonly parent: string;
  readonly parentColumn: string;
}

export interface ReadPartitions {
  readonly method: string;
  readonly expression: string;
  /** One a line; of a partition that takes what is left, `MAXVALUE` or `DEFAULT`. */
  readonly bounds: string | null;
}

/** What is known of one table. */
export interface ReadTable {
  readonly name: string;
  readonly columns: readonly ReadColumn[];
  readonly unique: readonly { readonly index: string; readonly name: string }[];
  readonly foreign: readonly ReadForeign[];
  readonly checks: readonly string[];
  readonly partitions: ReadPartitions | undefined;
  readonly triggers: boolean;
}

/** Every permanent table of the current database. A partitioned table is one; that a row must fall into a partition is a check. */
export async function readShapes(database: Asked, { checksSql, shownSql }: Flavour): Promise<Shape[]> {
  type OfTable = { readonly table: string };
  const read = async <T extends OfTable>(sql: string): Promise<Map<string, T[]>> =>
    Map.groupBy(await database.query<T>(sql), ({ table }) => table);
  const columns = await read<ReadColumn>(COLUMNS_SQL);
  const unique = await read<OfTable & { index: string; name: string }>(UNIQUE_SQL);
  const foreign = await read<ReadForeign>(FOREIGN_SQL);
  const checks = await read<OfTable & { clause: string }>(checksSql);
  const partitions = await read<OfTable & ReadPartitions>(PARTITIONS_SQL);
  const triggers = await read<OfTable>(TRIGGERS_SQL);
  return [...columns].map(([name, own]) =>
    shapeOf({
      ...{ name, columns: own, unique: unique.get(name) ?? [], foreign: foreign.get(name) ?? [] },
      ...{
        checks: (checks.get(name) ?? []).map(({ clause }) => shownSql(clause)),
        partitions: partitions.get(name)?.[0],
      },
      triggers: triggers.has(name),
    }),
  );
}

/** What has the type JSON is a text with this check. */
const DOCUMENT = /^json_valid\(`([^`]+)`\)$/;

export function shapeOf(table: ReadTable): Shape {
  const names = table.columns.map(({ name }) => name);
  const documents = new Set(table.checks.flatMap((sql) => DOCUMENT.exec(sql)?.[1] ?? []));
  const computing = new Set(table.columns.flatMap(({ computed }) => columnsIn(computed ?? '', names)));
  const indexes = Map.groupBy(table.unique, ({ index }) => index);
  const listOf = (index: string): string[] => (indexes.get(index) ?? []).map(({ name }) => name);
  const partitions = table.partitions === undefined ? undefined : partitionSql(table.partitions);
  return {
    id: `${MARIADB_SCHEMA}.${table.name}`,
    columns: table.columns.map((column) =>
      columnOf(column, { document: documents.has(column.name), roomy: !table.triggers && !computing.has(column.name) }),
    ),
    key: listOf('PRIMARY'),
    uniques: [...indexes.keys()].filter((index) => index !== 'PRIMARY').map(listOf),
    foreign: [...Map.groupBy(table.foreign, ({ constraint }) => constraint).values()].map(foreignOf),
    checks: [
      ...table.checks.filter((sql) => !DOCUMENT.test(sql)).map((sql) => checkOf(sql, names)),
      ...(partitions === undefined ? [] : [checkOf(partitions, names)]),
    ],
    // A row that an update moves to another partition is logged as changed, as any other.
    partitionedBy: [],
    excludes: false,
  };
}

function columnOf(column: ReadColumn, { document, roomy }: { document: boolean; roomy: boolean }): ShapeColumn {
  const { name, type, charset } = column;
  const kind: Kind = document ? { kind: 'json' } : takenKind(type);
  return {
    ...{ name, type, kind, nullable: column.nullable === 'YES', generated: column.generated === '1' },
    ...{ identity: column.identity === '1', hasDefault: column.hasDefault === '1' },
    ...(/^(char|binary)\(/i.test(type) ? { fixed: true } : {}),
    ...(charset === null || /^(utf|ucs)/.test(charset) ? {} : { ascii: true }),
    ...(roomy ? { wholeRange: true } : {}),
  };
}

/** A `float(7,4)` takes no more digits than a decimal of these. */
function takenKind(type: string): Kind {
  const [, precision, scale] = /^(?:float|double)\((\d+),(\d+)\)/i.exec(type) ?? [];
  if (precision === undefined) return kindOf({ type });
  return { kind: 'decimal', precision: Number(precision), scale: Number(scale) };
}

function foreignOf(columns: readonly ReadForeign[]): Shape['foreign'][number] {
  const [first] = columns;
  return {
    columns: columns.map(({ name }) => name),
    parent: `${first?.parentSchema}.${first?.parent}`,
    parentColumns: columns.map(({ parentColumn }) => parentColumn),
  };
}

/** A text in the SQL that the server shows: it escapes what is in it, whatever a session's mode. */
const TEXT = /'((?:[^'\\]|\\.|'')*)'/gs;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '0': '\0', Z: '\x1a' };

function checkOf(shown: string, names: readonly string[]): Check {
  const sql = shown.replaceAll(TEXT, (_, escaped: string) =>
    quoteLiteral(
      escaped.replaceAll("''", "'").replaceAll(/\\(.)/gs, (__, character: string) => ESCAPES[character] ?? character),
    ),
  );
  return { columns: columnsIn(shown, names), sql };
}

/** The columns that an expression names. */
function columnsIn(shown: string, names: readonly string[]): string[] {
  const code = shown.replaceAll(TEXT, "''");
  const named = new Set([...code.matchAll(/`((?:[^`]|``)+)`/g)].map(([, name = '']) => name.replaceAll('``', '`')));
  return names.filter((name) => named.has(name));
}

/** That a row falls into a partition; undefined where every row does. */
export function partitionSql({ method, expression, bounds }: ReadPartitions): string | undefined {
  const lines = bounds?.split('\n') ?? [];
  const last = lines.at(-1);
  if (last === undefined) return undefined;
  if (method.startsWith('RANGE')) return last.includes('MAXVALUE') ? undefined : `(${expression}) < (${last})`;
  if (!method.startsWith('LIST') || lines.includes('DEFAULT')) return undefined;
  const values = lines.flatMap((line) => (expression.includes(',') ? line : line.split(',')));
  const listed = values.filter((value) => value !== 'NULL');
  const found = listed.length === 0 ? 'FALSE' : `(${expression}) IN (${listed.join(', ')}) IS TRUE`;
  return listed.length < values.length ? `${found} OR (${expression}) IS NULL` : found;
}
