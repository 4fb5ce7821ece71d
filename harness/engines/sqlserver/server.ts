import type { ServerPort } from '#engines/port/server.ts';
import {
  createDatabase,
  dropDatabase,
  IDENTITY_SQL,
  openNamed,
  requireUsable,
  serverAnswers,
  serverVersion,
} from './admin.ts';
import { openDatabase } from './client.ts';
import { openShell } from './shell.ts';
import { parseSqlFile, runSqlFiles } from './sql-file.ts';
import { databaseUrl } from './url.ts';

export const server: ServerPort = {
  url: databaseUrl,
  open: openDatabase,
  openNamed,
  create: createDatabase,
  drop: dropDatabase,
  answers: serverAnswers,
  requireUsable,
  version: serverVersion,
  identitySql: IDENTITY_SQL,
  checkSql: (file) => void parseSqlFile(file),
  runSql: runSqlFiles,
  openShell,
  systemDatabases: ['master', 'model', 'msdb', 'tempdb'],
};
