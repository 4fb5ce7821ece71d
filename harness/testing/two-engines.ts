import { databaseUrl as mariadbUrl, openDatabase as openMariadb } from '#engines/mariadb/client.ts';
import { openDatabase as openPostgres, databaseUrl as postgresUrl } from '#engines/postgres/client.ts';
import { reconcile } from '#reconcile/reconcile.ts';
import type { ReconcileReport } from '#reconcile/report.ts';
import type { ReconcileRequest, TableRequest } from '#reconcile/request.ts';
import { startTestMariadb } from './mariadb.ts';
import { startTestPostgres } from './postgres.ts';
import { requestFor } from './two-databases.ts';

type EngineName = 'mariadb' | 'postgres';

/** A database `shop` on a throw-away server of either engine; a second one at MariaDB. */
export interface TwoEngines extends AsyncDisposable {
  readonly urls: Readonly<Record<EngineName | 'second', string>>;
  readonly mariadb: (sql: string) => Promise<Record<string, string | null>[]>;
  readonly second: (sql: string) => Promise<Record<string, string | null>[]>;
  readonly postgres: (sql: string) => Promise<Record<string, string | null>[]>;
  readonly compare: (
    sides: readonly [source: EngineName | 'second', target: EngineName | 'second'],
    tables: readonly (Partial<TableRequest> & { readonly source: string })[],
    request?: Partial<ReconcileRequest>,
  ) => Promise<ReconcileReport>;
}

export async function startTwoEngines(): Promise<TwoEngines> {
  const [mariadb, postgres] = await Promise.all([startTestMariadb(), startTestPostgres()]);
  const admin = {
    mariadb: openMariadb(mariadbUrl(mariadb.server, '')),
    postgres: openPostgres(postgresUrl(postgres.server, 'postgres')),
  };
  await admin.mariadb.query('CREATE DATABASE shop');
  await admin.mariadb.query('CREATE DATABASE second');
  await admin.postgres.query('CREATE DATABASE shop');
  await Promise.all([admin.mariadb.close(), admin.postgres.close()]);
  const urls = {
    mariadb: mariadbUrl(mariadb.server, 'shop'),
    second: mariadbUrl(mariadb.server, 'second'),
    postgres: postgresUrl(postgres.server, 'shop'),
  };
  const open = {
    mariadb: openMariadb(urls.mariadb),
    second: openMariadb(urls.second),
    postgres: openPostgres(urls.postgres),
  };
  return {
    urls,
    mariadb: (sql) => open.mariadb.query(sql),
    second: (sql) => open.second.query(sql),
    postgres: (sql) => open.postgres.query(sql),
    compare: ([source, target], tables, request = {}) =>
      reconcile(
        { ...requestFor(urls[source], urls[target], tables), ...request },
        { signal: new AbortController().signal },
      ),
    async [Symbol.asyncDispose]() {
      await Promise.all(Object.values(open).map((database) => database.close()));
      await Promise.all([mariadb[Symbol.asyncDispose](), postgres[Symbol.asyncDispose]()]);
    },
  };
}
