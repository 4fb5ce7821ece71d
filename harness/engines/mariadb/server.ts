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
  checkSql: (file) => void parseSqlFile(file, flavour),
  runSql: runSqlFiles,
  openShell,
  systemDatabases: ['mysql', 'information_schema', 'performance_schema', 'sys'],
});
