import type { BinlogPort } from '#engines/port/binlog.ts';
import type { Database, RowImage } from '#model/pipeline.ts';
import { historyTopic } from './connectors.ts';
import { quoteLiteral } from './quote.ts';

type Asked = Pick<Database, 'query'>;

async function files(database: Asked): Promise<string[]> {
  const rows = await database.query<{ Log_name: string }>('SHOW BINARY LOGS');
  return rows.map(({ Log_name }) => Log_name);
}

export const binlog: BinlogPort = {
  historyTopic,
  async rotate(database) {
    await database.query('FLUSH BINARY LOGS');
    const newest = (await files(database)).at(-1);
    if (newest === undefined) throw new Error('the server has no binary log');
    return newest;
  },
  async purge(database, file) {
    const older = async (): Promise<number> => (await files(database)).indexOf(file);
    const before = await older();
    // The server stops at a file that somebody reads, or that it would need itself after a crash, and says nothing.
    await database.query(`PURGE BINARY LOGS TO ${quoteLiteral(file)}`);
    const left = await older();
    return { removed: before - left, left };
  },
  async setRowImage(database, image) {
    const [row] = await database.query<{ image: string }>('SELECT @@GLOBAL.binlog_row_image AS image');
    await database.query(`SET GLOBAL binlog_row_image = ${quoteLiteral(image)}`);
    return (row?.image ?? 'FULL').toLowerCase() as RowImage;
  },
};
