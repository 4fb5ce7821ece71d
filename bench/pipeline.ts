// A pipeline's full load against what PostgreSQL's own programs need for the same table, in one session, turn about.
// npm run bench pipeline [rows,rows,…] [runs]
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { engineOf } from '#engines/index.ts';
import type { Database } from '#model/pipeline.ts';
import type { DatabaseServer } from '#model/stack.ts';
import { sweep } from '#runtimes/embedded/lab-folder.ts';
import { nodeOptions } from '#setup/node-options.mjs';
import { startTestPostgres } from '#testing/postgres.ts';
import { print, runProgram } from './common/program.ts';
import { median, spread } from './common/statistics.ts';
import { type Peer, peersFor } from './pipeline/peers.ts';
import { ORDERS_TABLE, ordersRows } from './reconcile/data.ts';

/** Times of the first peer's that a load may need. */
const TIMES_MAX = 1.5;
/** How many times the memory a load of the last size may need of what one of the first size does. */
const GROWTH_MAX = 1.25;
const OURS = 'driftlab pipeline start';

interface Outcome {
  readonly ms: number;
  /** Of our own process alone. */
  readonly rssMb?: number;
}

interface Bench {
  readonly server: DatabaseServer;
  readonly peers: readonly Peer[];
  /** Where the program's code is kept once it is translated, as after its first run. */
  readonly cache: string;
  readonly signal: AbortSignal;
}

const url = (server: DatabaseServer, database: string): string => engineOf(server).server.url(server, database);

async function on<T>(server: DatabaseServer, name: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = engineOf(server).server.open(url(server, name), { max: 1, application: 'driftlab bench' });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** Runs a program to its end, its start included. Throws where it fails. */
async function timed(file: string, args: readonly string[], env: NodeJS.ProcessEnv, signal: AbortSignal) {
  const began = performance.now();
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], signal });
  const [out, err, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve)),
  ]);
  if (status !== 0) throw new Error(`${file} ${args.join(' ')} ended with status ${status}: ${err}`);
  return { ms: performance.now() - began, out };
}

async function loadByPipeline({ server, cache, signal }: Bench): Promise<Outcome> {
  const env = {
    ...{ DRIFTLAB_STATE_URL: url(server, 'state'), SOURCE: url(server, 'source'), TARGET: url(server, 'target') },
    NODE_COMPILE_CACHE: cache,
  };
  const child = fileURLToPath(import.meta.resolve('./pipeline/child.ts'));
  const run = (...args: readonly string[]) =>
    timed(process.execPath, [...nodeOptions('pipeline'), child, ...args], env, signal);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: references, as a person writes them
  const ends = ['--source', '${env:SOURCE}', '--target', '${env:TARGET}'];
  await run('create', 'bench', ...ends, '--tables', 'orders', '--mode', 'full_load_only');
  const { ms, out } = await run('start', 'bench');
  await run('delete', 'bench');
  return { ms, rssMb: (JSON.parse(out) as { rssMb: number }).rssMb };
}

async function loadByPeer({ command }: Peer, { server, signal }: Bench): Promise<Outcome> {
  const env = { SOURCE: url(server, 'source'), TARGET: url(server, 'target') };
  const { ms } = await timed('bash', ['-c', `set -eo pipefail; ${command}`], env, signal);
  return { ms };
}

/** All rows as one text: their number, and a sum of hashes that each contain the row's key. */
const CONTENTS = `SELECT count(*) || ' rows ' || sum(hashtextextended(orders::text, 0)) AS contents FROM orders`;

/** One contestant on an empty target. Nobody is fast by copying something else. */
async function measure(peer: Peer | undefined, bench: Bench): Promise<Outcome> {
  const { server } = bench;
  await on(server, 'target', async (target) => {
    await target.query('DROP TABLE IF EXISTS orders');
    if (peer?.tableFirst !== false) await target.query(ORDERS_TABLE);
    await target.query('CHECKPOINT');
  });
  const outcome = peer === undefined ? await loadByPipeline(bench) : await loadByPeer(peer, bench);
  const [source, target] = await Promise.all(
    ['source', 'target'].map((name) => on(server, name, (database) => database.query(CONTENTS))),
  );
  if (JSON.stringify(source) === JSON.stringify(target)) return outcome;
  throw new Error(`${peer?.name ?? OURS} copied ${JSON.stringify(target)}, not ${JSON.stringify(source)}`);
}

/** Peak memory of the load, in MB, and its times over each peer's. */
async function benchmark(rows: number, runs: number, bench: Bench) {
  const contestants = [undefined, ...bench.peers];
  const outcomes = new Map(contestants.map((peer) => [peer, [] as Outcome[]]));
  await on(bench.server, 'source', async (source) => {
    await source.query('DROP TABLE IF EXISTS orders');
    for (const sql of [ORDERS_TABLE, ordersRows(rows), 'VACUUM (FREEZE, ANALYZE) orders']) await source.query(sql);
  });
  // Once unmeasured, so that the first one does not read from the disk what the others find in memory.
  for (const peer of contestants) await measure(peer, bench);
  for (let run = 0; run < runs; run++)
    for (const peer of run % 2 === 0 ? contestants : contestants.toReversed())
      outcomes.get(peer)?.push(await measure(peer, bench));
  const seconds = (peer: Peer | undefined) => (outcomes.get(peer) ?? []).map(({ ms }) => ms / 1000);
  const ours = seconds(undefined);
  // Run by run, because what else the machine does changes from run to run, and less within one.
  const times = (peer: Peer | undefined) =>
    median(ours.map((each, run) => each / (seconds(peer)[run] ?? Number.NaN))) ?? Number.NaN;
  const rssMb = Math.max(...(outcomes.get(undefined) ?? []).map((outcome) => outcome.rssMb ?? 0));
  print(`\n${rows} rows, ${runs} runs${' '.repeat(12)}median    from – to          ours is`);
  for (const peer of contestants) {
    const all = seconds(peer);
    const memory = peer === undefined ? `   ${rssMb.toFixed(0)} MB` : '';
    print(
      `  ${(peer?.name ?? OURS).padEnd(30)} ${(median(all) ?? 0).toFixed(2).padStart(6)} s   ${spread(all, 2).padEnd(16)} ${times(peer).toFixed(2)} ×${memory}`,
    );
  }
  return { rssMb, times: new Map(bench.peers.map((peer) => [peer.name, times(peer)])) };
}

function check(met: boolean, what: string): boolean {
  print(`  ${met ? 'met   ' : 'MISSED'}  ${what}`);
  return met;
}

async function main(sizes: readonly number[], runs: number, cache: string, signal: AbortSignal): Promise<number> {
  sweep();
  await using postgres = await startTestPostgres();
  const { server } = postgres;
  const [version] = await on(server, 'postgres', async (admin) => {
    for (const name of ['state', 'source', 'target']) await admin.query(`CREATE DATABASE ${name}`);
    return admin.query<{ major: string }>(`SELECT current_setting('server_version_num')::int / 10000 AS major`);
  });
  const { peers, leftOut } = peersFor(Number(version?.major));
  if (leftOut !== undefined) print(leftOut);
  const results = [];
  for (const rows of sizes) results.push(await benchmark(rows, runs, { server, peers, cache, signal }));
  const [first, last] = [results[0], results.at(-1)];
  const met = peers
    .filter(({ target }) => target)
    .map(({ name }) => {
      const times = last?.times.get(name) ?? Number.NaN;
      return check(times <= TIMES_MAX, `${OURS} / ${name}: ${times.toFixed(2)} (at most ${TIMES_MAX})`);
    });
  const growth = (last?.rssMb ?? Number.NaN) / (first?.rssMb ?? Number.NaN);
  met.push(check(growth <= GROWTH_MAX, `memory, last size / first: ${growth.toFixed(2)} (at most ${GROWTH_MAX})`));
  return met.includes(false) ? 1 : 0;
}

const sizes = (process.argv[2] ?? '250000,1000000').split(',').map(Number);
const runs = Number(process.argv[3] ?? 5);
if (![...sizes, runs].every((value) => Number.isInteger(value) && value > 0)) {
  process.stderr.write('error: npm run bench pipeline [rows,rows,…] [runs]\n  expected: whole numbers from 1\n');
  process.exit(2);
}
const cache = mkdtempSync(join(tmpdir(), 'driftlab-bench-'));
await runProgram((signal) => main(sizes, runs, cache, signal)).finally(() =>
  rmSync(cache, { recursive: true, force: true }),
);
