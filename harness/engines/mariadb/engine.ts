import { isMariadbGreeting, isMysqlGreeting } from '#engines/greeting.ts';
import type { Engine } from '#engines/port/engine.ts';
import { compare } from './compare.ts';
import { mariadbFlavour } from './flavour/mariadb.ts';
import { mysqlFlavour } from './flavour/mysql.ts';
import type { Flavour } from './flavour.ts';
import { kindOf, textless, typeFor } from './kinds.ts';
import { latestRows, MARIADB_SCHEMA, quoteIdent, quoteTable, tableOf, textOf } from './quote.ts';
import { reconcileOf } from './reconcile/index.ts';
import { serverOf } from './server.ts';
import { sinkOf } from './sink.ts';
import { addColumnSql } from './sink-ddl.ts';
import { sourceOf } from './source.ts';
import { streamOf } from './stream.ts';

/** One engine of the two that are this family. */
function engineFor(flavour: Flavour, greets: (greeting: Uint8Array) => boolean): Engine {
  const { name, title } = flavour;
  return {
    name,
    title,
    schemes: [`${name}:`],
    defaultPort: 3306,
    greets,
    dialect: {
      quote: quoteIdent,
      quoteTable,
      defaultSchema: MARIADB_SCHEMA,
      tableOf,
      textOf,
      latestRows,
      kindOf,
      textless,
      typeFor: (kind) => typeFor(kind, flavour),
      addColumn: (table, column) => addColumnSql(table, column, flavour),
      daysAfter: (expression, days) => `(${expression} + INTERVAL ${days} DAY)`,
    },
    server: serverOf(flavour),
    source: sourceOf(flavour),
    sink: sinkOf(flavour),
    compare,
    reconcile: reconcileOf(flavour),
    stream: streamOf(flavour),
  };
}

export const mariadb = engineFor(mariadbFlavour, isMariadbGreeting);
export const mysql = engineFor(mysqlFlavour, isMysqlGreeting);
