import { type Table, tableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import type { Key, Text } from '#model/values.ts';
import { openDatabase } from './client.ts';
import { OWN_PREFIX } from './connectors.ts';
import { flavourOfUrl } from './flavour.ts';
import { literalsFor } from './input-text.ts';
import { quoteIdent, quoteTable } from './quote.ts';

const COPY = `${OWN_PREFIX}touched`;

/**
 * Writes a row anew as it is, so that the log gets changes of it: an UPDATE that changes nothing is not logged. The row is
 * deleted and inserted again in one transaction. Returns its GTID; undefined where there is no such row, or where a trigger
 * would act on it.
 */
export async function touchRow(database: Pick<Database, 'url'>, table: Table, key: Key): Promise<string | undefined> {
  if (table.key.length === 0) return undefined;
  const own = openDatabase(database.url, { max: 1, application: 'driftlab marker' });
  try {
    return await own.session(async (run) => {
      const triggers = await run(
        'SELECT 1 FROM information_schema.triggers WHERE event_object_schema = DATABASE() AND event_object_table = ?',
        [table.name],
      );
      if (triggers.rows.length > 0) return undefined;
      const columns = table.columns.filter(({ generated }) => !generated).map(({ name }) => quoteIdent(name));
      const where = whereSql(table, key);
      const id = quoteTable(tableId(table));
      // Nothing that refers to the row is to go with it.
      await run('SET foreign_key_checks = 0');
      await run('START TRANSACTION');
      // MySQL locks no row for a table that is being made.
      await run(`SELECT 1 FROM ${id} WHERE ${where} FOR UPDATE`);
      const found = await run(
        `CREATE TEMPORARY TABLE ${COPY} AS SELECT ${columns.join(', ')} FROM ${id} WHERE ${where}`,
      );
      if (found.affected !== 1) return void (await run('ROLLBACK'));
      await run(`DELETE FROM ${id} WHERE ${where}`);
      await run(`INSERT INTO ${id} (${columns.join(', ')}) SELECT ${columns.join(', ')} FROM ${COPY}`);
      return flavourOfUrl(database.url).committedGtid(run, [await run('COMMIT')]);
    });
  } finally {
    await own.close();
  }
}

function whereSql(table: Table, key: Key): string {
  const texts = JSON.parse(key) as Text[];
  const conditions = table.key.map((name, index) => {
    const column = table.columns.find((one) => one.name === name) ?? { name, type: 'text' };
    return `${quoteIdent(name)} = ${literalsFor(column)(texts[index] ?? null)}`;
  });
  return conditions.join(' AND ');
}
