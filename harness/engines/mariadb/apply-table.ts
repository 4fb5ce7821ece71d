import type { TableId } from '#model/catalog.ts';
import type { MariadbColumn, MariadbTable } from './apply-statements.ts';
import { GENERATED_SQL } from './catalog.ts';
import type { MariadbDatabase } from './client.ts';
import { type Flavour, flavourOf } from './flavour.ts';
import { MARIADB_SCHEMA } from './quote.ts';

const COLUMNS_SQL = `
SELECT column_name AS name, data_type AS plain, column_type AS type, collation_name AS collation, character_set_name AS charset,
  ${GENERATED_SQL} AS \`generated\`, extra AS extra,
  is_nullable AS nullable, column_default AS fallback, extra LIKE '%auto_increment%' AS counts
FROM information_schema.columns WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ? ORDER BY ordinal_position`;

const KEYS_SQL = `
SELECT index_name AS name, column_name AS \`column\` FROM information_schema.statistics
WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ? AND non_unique = 0 ORDER BY seq_in_index`;

interface ColumnRow {
  readonly name: string;
  readonly plain: string;
  readonly type: string;
  readonly collation: string | null;
  readonly charset: string | null;
  readonly generated: string;
  readonly extra: string;
  readonly nullable: 'YES' | 'NO';
  /** An expression of SQL. */
  readonly fallback: string | null;
  readonly counts: string;
}

/** A table as the sink's catalog has it; undefined where there is none. */
export async function readSinkTable(
  database: Pick<MariadbDatabase, 'query' | 'engine'>,
  id: TableId,
): Promise<MariadbTable | undefined> {
  const dot = id.indexOf('.');
  const schema = id.slice(0, Math.max(0, dot));
  const place = [schema === MARIADB_SCHEMA ? null : schema, id.slice(dot + 1)];
  const flavour = flavourOf(database);
  const rows = await database.query<ColumnRow>(COLUMNS_SQL, place);
  if (rows.length === 0) return undefined;
  const indexes = await database.query<{ name: string; column: string }>(KEYS_SQL, place);
  return {
    id,
    flavour,
    columns: new Map(rows.map((row) => [row.name, columnOf(row, flavour)])),
    key: indexes.flatMap(({ name, column }) => (name === 'PRIMARY' ? [column] : [])),
    otherUnique: indexes.some(({ name }) => name !== 'PRIMARY'),
  };
}

function columnOf(row: ColumnRow, { defaultSql }: Flavour): MariadbColumn {
  const { name, plain, type, collation, charset, nullable, fallback } = row;
  const [generated, counts] = [row.generated === '1', row.counts === '1'];
  const rest = fallback === null ? '' : ` DEFAULT ${defaultSql(fallback, row.extra)}`;
  return {
    name,
    castType: plain,
    type,
    generated,
    demanded: nullable === 'NO' && fallback === null && !counts && !generated,
    attributes: `${nullable === 'NO' ? ' NOT NULL' : ' NULL'}${rest}${counts ? ' AUTO_INCREMENT' : ''}`,
    ...(collation === null || charset === null ? {} : { collation: { name: collation, charset } }),
  };
}
