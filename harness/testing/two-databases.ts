import { databaseUrl, openDatabase } from '#engines/postgres/client.ts';
import { reconcile } from '#reconcile/reconcile.ts';
import type { ReconcileReport } from '#reconcile/report.ts';
import type { ReconcileRequest, TableRequest } from '#reconcile/request.ts';
import { startTestPostgres } from './postgres.ts';

/** Two databases, `source` and `target`, on one throw-away server. */
export interface TwoDatabases extends AsyncDisposable {
  readonly sourceUrl: string;
  readonly targetUrl: string;
  readonly source: (sql: string) => Promise<Record<string, string | null>[]>;
  readonly target: (sql: string) => Promise<Record<string, string | null>[]>;
  /** Runs the same SQL on both sides. */
  readonly both: (sql: string) => Promise<void>;
  readonly compare: (
    tables: readonly (Partial<TableRequest> & { readonly source: string })[],
    request?: Partial<ReconcileRequest>,
  ) => Promise<ReconcileReport>;
}

export async function startTwoDatabases(): Promise<TwoDatabases> {
  const postgres = await startTestPostgres();
  const admin = openDatabase(databaseUrl(postgres.server, 'postgres'));
  await admin.query('CREATE DATABASE source');
  await admin.query('CREATE DATABASE target');
  await admin.close();
  const sourceUrl = databaseUrl(postgres.server, 'source');
  const targetUrl = databaseUrl(postgres.server, 'target');
  const [source, target] = [openDatabase(sourceUrl), openDatabase(targetUrl)];
  return {
    sourceUrl,
    targetUrl,
    source: (sql) => source.query(sql),
    target: (sql) => target.query(sql),
    async both(sql) {
      await Promise.all([source.query(sql), target.query(sql)]);
    },
    compare: (tables, request = {}) =>
      reconcile(
        { ...requestFor(sourceUrl, targetUrl, tables), ...request },
        {
          signal: new AbortController().signal,
        },
      ),
    async [Symbol.asyncDispose]() {
      await Promise.all([source.close(), target.close()]);
      await postgres[Symbol.asyncDispose]();
    },
  };
}

/** Compares contents of both sides' tables of one name, at first sight. */
export function requestFor(
  sourceUrl: string,
  targetUrl: string,
  tables: readonly (Partial<TableRequest> & { readonly source: string })[],
): ReconcileRequest {
  return {
    sourceUrl,
    targetUrl,
    tables: tables.map((table) => ({
      target: table.source,
      excludeColumns: [],
      mapColumns: {},
      mapTypes: {},
      ...table,
    })),
    validateChecksums: true,
    ignoredPrefixes: ['_cdc_'],
    settleMs: 0,
    jobs: 2,
    details: 20,
    hashing: 'auto',
  };
}
