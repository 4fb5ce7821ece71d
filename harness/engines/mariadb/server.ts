import type { ServerPort } from '#engines/port/server.ts';
import { createDatabase, openNamed, requireUsable, serverAnswers, serverVersion } from './admin.ts';
import { databaseUrl, openDatabase } from './client.ts';
import { dropDatabase } from './drop.ts';
import type { Flavour } from './flavour.ts';
import { openShell } from './shell.ts';
import { parseSqlFile, runSqlFiles } from './sql-file.ts';

export const serverOf = (flavour: Flavour): ServerPort => ({
  url: databaseUrl,
  open: openDatabase,
  openNamed,
  create: createDatabase,
  drop: dropDatabase,
  answers: serverAnswers,
  requireUsable,
  version: serverVersion,
  // Its upper bits are the server's id and the second in which it started.
  identitySql: "SELECT CONCAT_WS('/', @@hostname, @@port, UUID_SHORT() >> 24, DATABASE()) AS identity",
  checkSql: (file) => void parseSqlFile(file, flavour),
  runSql: runSqlFiles,
  openShell,
  systemDatabases: ['mysql', 'information_schema', 'performance_schema', 'sys'],
});
