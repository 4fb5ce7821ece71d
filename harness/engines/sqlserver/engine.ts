import { isTdsGreeting, TDS_PRELOGIN } from '#engines/greeting.ts';
import type { Engine } from '#engines/port/engine.ts';
import { compare } from './compare.ts';
import { kindOf, textless, typeFor } from './kinds.ts';
import { latestRows, quoteIdent, quoteTable, SQLSERVER_SCHEMA, tableOf, textOf } from './quote.ts';
import { reconcile } from './reconcile/index.ts';
import { server } from './server.ts';
import { sink } from './sink.ts';
import { addColumnSql } from './sink-ddl.ts';
import { source } from './source.ts';
import { DEFAULT_PORT, URL_PARAMETERS } from './url.ts';

export const sqlserver: Engine = {
  name: 'sqlserver',
  title: 'SQL Server',
  schemes: ['sqlserver:', 'mssql:'],
  defaultPort: DEFAULT_PORT,
  serverParameters: URL_PARAMETERS,
  hello: TDS_PRELOGIN,
  greets: isTdsGreeting,
  dialect: {
    quote: quoteIdent,
    quoteTable,
    defaultSchema: SQLSERVER_SCHEMA,
    tableOf,
    textOf,
    latestRows,
    kindOf,
    textless,
    typeFor,
    addColumn: addColumnSql,
    daysAfter: (expression, days) => `DATEADD(day, ${days}, ${expression})`,
  },
  server,
  source,
  sink,
  compare,
  reconcile,
};
