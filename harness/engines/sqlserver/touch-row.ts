import { randomUUID } from 'node:crypto';
import { type Table, tableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import type { Key, Text } from '#model/values.ts';
import { openDatabase, type Session } from './client.ts';
import { literalsFor } from './input-text.ts';
import { quoteIdent, quoteLiteral, quoteTable } from './quote.ts';
import { BEGIN_SQL, ROLLBACK_SQL } from './session.ts';
import { namesIn, tagSql, transactionName } from './tags.ts';

const COPY = '#driftlab_touched';

/** What would act on a row that is deleted and inserted again, or keep it from being deleted; and a column that is numbered. */
export function obstaclesSql(id: string): string {
  const table = `OBJECT_ID(${quoteLiteral(quoteTable(id))}, N'U')`;
  return `SELECT (SELECT COUNT(*) FROM sys.triggers WHERE parent_id = ${table} AND is_disabled = 0)
  + (SELECT COUNT(*) FROM sys.foreign_keys WHERE referenced_object_id = ${table})
  + (SELECT COUNT(*) FROM sys.tables WHERE object_id = ${table} AND temporal_type <> 0) AS obstacles,
  (SELECT COUNT(*) FROM sys.identity_columns WHERE object_id = ${table}) AS numbered`;
}

/** The row is taken away and put back as it was. */
export function touchSql(table: Table, where: string, numbered: boolean): string[] {
  const id = quoteTable(tableId(table));
  const columns = table.columns.filter(({ generated }) => !generated).map(({ name }) => quoteIdent(name));
  const insert = `INSERT INTO ${id} (${columns.join(', ')}) SELECT ${columns.join(', ')} FROM ${COPY}`;
  return [
    `SELECT ${columns.join(', ')} INTO ${COPY} FROM ${id} WITH (UPDLOCK, HOLDLOCK) WHERE ${where}`,
    `DELETE FROM ${id} WHERE ${where}`,
    ...(numbered ? [`SET IDENTITY_INSERT ${id} ON`, insert, `SET IDENTITY_INSERT ${id} OFF`] : [insert]),
  ];
}

export function whereSql(table: Table, key: Key): string {
  const texts = JSON.parse(key) as Text[];
  const conditions = table.key.map((name, index) => {
    const column = table.columns.find((one) => one.name === name) ?? { name, type: 'nvarchar(max)' };
    return `${quoteIdent(name)} = ${literalsFor(column)(texts[index] ?? null)}`;
  });
  return conditions.join(' AND ');
}

/**
 * See {@link SourcePort.touchRow}. Whether the server logs an update that changes nothing depends on its settings, so the row is
 * deleted and inserted again in one transaction. Not of a table to which a foreign key refers, which a trigger watches, or of
 * which a history is kept.
 */
export async function touchRow(database: Pick<Database, 'url'>, table: Table, key: Key): Promise<string | undefined> {
  if (table.key.length === 0) return undefined;
  const own = openDatabase(database.url, { max: 2, application: 'driftlab marker' });
  try {
    const names = namesIn(own);
    await names.ready();
    const tag = randomUUID();
    const touched = await own.session(async (session) => {
      const { rows } = await session.run(obstaclesSql(tableId(table)));
      const [obstacles, numbered] = rows[0] ?? [];
      if (obstacles !== '0') return false;
      return await touch(session, touchSql(table, whereSql(table, key), numbered !== '0'), tag);
    });
    return touched ? transactionName(await names.lsnOf(tag)) : undefined;
  } finally {
    await own.close();
  }
}

/** False where there is no such row; then nothing is written. */
async function touch({ run }: Session, [copy = '', ...rest]: readonly string[], tag: string): Promise<boolean> {
  await run(BEGIN_SQL);
  const { affected } = await run(copy);
  if (affected.at(-1) !== 1) {
    await run(ROLLBACK_SQL);
    return false;
  }
  await run(rest.join(';\n'));
  await run(tagSql(tag));
  await run('COMMIT TRANSACTION');
  return true;
}
