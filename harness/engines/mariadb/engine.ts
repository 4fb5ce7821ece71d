import { isMysqlGreeting } from '#engines/greeting.ts';
import type { Engine } from '#engines/port/engine.ts';
import { compare } from './compare.ts';
import { kindOf, textless, typeFor } from './kinds.ts';
import { latestRows, MARIADB_SCHEMA, quoteIdent, quoteTable, tableOf, textOf } from './quote.ts';
import { reconcile } from './reconcile/index.ts';
import { server } from './server.ts';
import { sink } from './sink.ts';
import { addColumnSql } from './sink-ddl.ts';
import { source } from './source.ts';

export const mariadb: Engine = {
  name: 'mariadb',
  title: 'MariaDB',
  schemes: ['mariadb:', 'mysql:'],
  defaultPort: 3306,
  greets: isMysqlGreeting,
  dialect: {
    quote: quoteIdent,
    quoteTable,
    defaultSchema: MARIADB_SCHEMA,
    tableOf,
    textOf,
    latestRows,
    kindOf,
    textless,
    typeFor,
    addColumn: addColumnSql,
  },
  server,
  source,
  sink,
  compare,
  reconcile,
};
