import { engineOf } from '#engines/index.ts';
import type { Change, Value } from '#model/change.ts';
import type { TableDefinition } from '#model/definition.ts';
import type { Database } from '#model/pipeline.ts';
import type { Row } from '#model/values.ts';
import type { WriterSession } from '#model/workload.ts';

/** Some rows of a table at a sink. */
export interface Place {
  readonly table: TableDefinition;
  readonly where: Readonly<Record<string, string | number>>;
}

/** What is done last at each sink. */
const turns = new WeakMap<Database, Promise<unknown>>();

/** Runs `work` in a session of its own once those before it are closed: a server has room for some, not for every planting. */
function inSession<T>(database: Database, work: (session: WriterSession) => Promise<T>): Promise<T> {
  const done = (turns.get(database) ?? Promise.resolve()).then(async () => {
    const session = engineOf(database).source.openWriterSession(database);
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  });
  turns.set(
    database,
    done.catch(() => {}),
  );
  return done;
}

/** Makes changes in one transaction: nobody sees what is between them. */
export function changeAtOnce(database: Database, changes: readonly Change[]): Promise<void> {
  return inSession(database, async (session) => {
    await session.begin();
    for (const change of changes) await session.run(change);
    await session.commit();
  });
}

/** The server's words where it refuses a change, and nothing where it takes it; the change is undone. */
export function refusalOf(database: Database, change: Change): Promise<string | undefined> {
  return inSession(database, async (session) => {
    try {
      await session.begin();
      await session.run(change);
      await session.rollback();
      return undefined;
    } catch (error) {
      if (!session.isRefusal(error)) throw error;
      return error.message;
    }
  });
}

/** The one row that is there, as it is: bookkeeping included. */
export async function savedRow(sink: Database, { table, where }: Place): Promise<Row> {
  const { quote, quoteTable } = engineOf(sink).dialect;
  // No value here has a character that SQL would take for anything but itself.
  const same = Object.entries(where).map(([name, value]) => `${quote(name)} = '${value}'`);
  const [row] = await sink.query<Row>(`SELECT * FROM ${quoteTable(table.name)} WHERE ${same.join(' AND ')}`);
  if (row === undefined) throw new Error(`${table.name} ${JSON.stringify(where)} is not at the sink`);
  return row;
}

export const removal = ({ table, where }: Place): Change => ({ change: 'delete', table, where });

export const setting = ({ table, where }: Place, set: Readonly<Record<string, Value>>): Change => ({
  ...{ change: 'update', table, set, where },
});

export function insertion({ table }: Pick<Place, 'table'>, row: Readonly<Record<string, Value>>): Change {
  return { change: 'insert', table, columns: Object.keys(row), rows: [Object.values(row)] };
}

/** Puts a row in place of the ones that are there. */
export function put(sink: Database, place: Place, row: Row, set: Readonly<Record<string, Value>> = {}): Promise<void> {
  const more = Object.keys(set).length === 0 ? [] : [setting(place, set)];
  return changeAtOnce(sink, [removal(place), insertion(place, row), ...more]);
}
