import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineOf } from '#engines/index.ts';
import { serverOfUrl } from '#runtimes/own-server.ts';
import { testEngine } from './engine-conformance.ts';
import { startTestMariadb } from './mariadb.ts';
import { startTestMysql } from './mysql.ts';
import { startTestPostgres } from './postgres.ts';
import { TOY_LACKS, toyEngine } from './toy-engine.ts';
import { describeMysql } from './with-mysql.ts';

/** Somebody's own server, as `npm run test:engine -- --engine NAME --url URL` names it. */
const { DRIFTLAB_TEST_ENGINE: own, DRIFTLAB_TEST_URL: url } = process.env;

if (own === undefined || url === undefined) {
  testEngine(engineOf({ engine: 'postgres' }), startTestPostgres);
  testEngine(engineOf({ engine: 'mariadb' }), startTestMariadb);
  describeMysql('MySQL', () => testEngine(engineOf({ engine: 'mysql' }), startTestMysql));
  const folder = mkdtempSync(join(tmpdir(), 'driftlab-toy-'));
  testEngine(
    toyEngine(folder),
    async () => ({
      server: { engine: 'toy', host: folder, port: 0, user: '', password: '' },
      [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true }),
    }),
    TOY_LACKS,
  );
} else {
  testEngine(engineOf({ engine: own }), () => running(own, url), {
    'binary log': "files of a server of somebody's are not removed, nor its settings changed",
  });
}

/** A server that runs already, and goes on running. */
async function running(engine: string, address: string) {
  const server = serverOfUrl(engine, address);
  await engineOf(server).server.answers(server);
  return { server, [Symbol.asyncDispose]: async () => {} };
}
