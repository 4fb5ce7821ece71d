import { databaseUrl as mariadbUrl, openDatabase as openMariadb } from '#engines/mariadb/client.ts';
import { openDatabase as openPostgres, databaseUrl as postgresUrl } from '#engines/postgres/client.ts';
import { reconcile } from '#reconcile/reconcile.ts';
import type { ReconcileReport } from '#reconcile/report.ts';
import type { ReconcileRequest, TableRequest } from '#reconcile/request.ts';
import type { TestServer } from './database-server.ts';
import { startTestMariadb } from './mariadb.ts';
import { startTestMysql } from './mysql.ts';
import { startTestPostgres } from './postgres.ts';
import { requestFor } from './two-databases.ts';

/** A database of each engine, and a second one at MariaDB. */
export type SideName = 'mariadb' | 'second' | 'postgres' | 'mysql';

type Asked = (sql: string) => Promise<Record<string, string | null>[]>;

/** A database `shop` on a throw-away server of either engine; a second one at MariaDB. */
export interface TwoEngines extends AsyncDisposable, Readonly<Record<SideName, Asked>> {
  readonly urls: Readonly<Record<SideName, string>>;
  readonly compare: (
    sides: readonly [source: SideName, target: SideName],
    tables: readonly (Partial<TableRequest> & { readonly source: string })[],
    request?: Partial<ReconcileRequest>,
  ) => Promise<ReconcileReport>;
}

/** With MySQL as well where it is asked for, which a machine need not have; its URL is empty otherwise. */
export async function startTwoEngines({ mysql: alsoMysql = false } = {}): Promise<TwoEngines> {
  const parts = new AsyncDisposableStack();
  const start = async (server: Promise<TestServer>): Promise<TestServer['server']> => parts.use(await server).server;
  const [mariadb, postgres, mysql] = await Promise.all([
    start(startTestMariadb()),
    start(startTestPostgres()),
    alsoMysql ? start(startTestMysql()) : undefined,
  ]);
  const urls = {
    mariadb: mariadbUrl(mariadb, 'shop'),
    second: mariadbUrl(mariadb, 'second'),
    postgres: postgresUrl(postgres, 'shop'),
    mysql: mysql === undefined ? '' : mariadbUrl(mysql, 'shop'),
  };
  const open = (url: string, admin: string): Promise<Asked> => opened(parts, url, admin);
  const sides = {
    mariadb: await open(urls.mariadb, mariadbUrl(mariadb, '')),
    second: await open(urls.second, mariadbUrl(mariadb, '')),
    postgres: await open(urls.postgres, postgresUrl(postgres, 'postgres')),
    mysql: mysql === undefined ? absent : await open(urls.mysql, mariadbUrl(mysql, '')),
  };
  return {
    ...sides,
    urls,
    compare: ([source, target], tables, request = {}) =>
      reconcile(
        { ...requestFor(urls[source], urls[target], tables), ...request },
        { signal: new AbortController().signal },
      ),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

async function absent(): Promise<never> {
  throw new Error('MySQL was not asked for');
}

/** Makes the database of a URL, and opens it. */
async function opened(parts: AsyncDisposableStack, url: string, admin: string): Promise<Asked> {
  const openDatabase = url.startsWith('postgres') ? openPostgres : openMariadb;
  const server = openDatabase(admin);
  await server.query(`CREATE DATABASE ${new URL(url).pathname.slice(1)}`);
  await server.close();
  const database = openDatabase(url);
  parts.defer(() => database.close());
  return (sql) => database.query(sql);
}
