import { engineOf } from '#engines/index.ts';
import { testEngine } from './engine-conformance.ts';
import { startTestMariadb } from './mariadb.ts';
import { startTestPostgres } from './postgres.ts';

/** Somebody's own server, as `npm run test:engine -- --engine NAME --url URL` names it. */
const { DRIFTLAB_TEST_ENGINE: own, DRIFTLAB_TEST_URL: url } = process.env;

if (own === undefined || url === undefined) {
  testEngine('postgres', startTestPostgres);
  testEngine('mariadb', startTestMariadb);
} else {
  testEngine(own, () => running(own, url));
}

/** A server that runs already, and goes on running. */
async function running(engine: string, address: string) {
  const { hostname, port, username, password } = new URL(address);
  const server = {
    engine,
    host: hostname,
    port: Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
  };
  await engineOf(server).server.answers(server);
  return { server, [Symbol.asyncDispose]: async () => {} };
}
