import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { ConfigResourceTypes } from 'kafkajs';
import { afterAll, expect, test } from 'vitest';
import { kafkaClient } from '#clients/kafka.ts';
import type { LabFault } from '#contracts/lab-fault.ts';
import { type LabAlert, type LabReport, type LabWriters, reportShape } from '#contracts/lab-report.ts';
import * as shapes from '#contracts/lab-stack.ts';
import type { Operation } from '#model/operation.ts';
import { ROOT } from '#setup/layout.mjs';
import { identify, isAlive, treeOf } from '#std/process-table.ts';
import { until } from '#std/wait.ts';
import { openOwnLab } from '#testing/own-lab.ts';
import { hasTmux, openTerminal } from '#testing/terminal.ts';
import { readState, writeState } from './home.ts';

/** The lab as its user has it: by commands, in processes of their own, on real servers; one test goes on from another. */
const lab = await openOwnLab();
const { home, env, driftlab, ask, get, owner } = lab;
const LIMIT_MS = 300_000;

afterAll(async () => {
  await lab[Symbol.asyncDispose]();
}, LIMIT_MS);

test('without a lab there is nothing to end, and nothing to break', async () => {
  expect(await driftlab('down')).toMatchObject({ status: 0, out: expect.stringContaining('nothing to end') });
  const triggered = await driftlab('trigger-lag');
  expect(triggered).toMatchObject({ status: 2, err: expect.stringContaining('npx driftlab up') });
});

test('up returns when the lab is ready, and up again says that it is', { timeout: LIMIT_MS }, async () => {
  const up = await driftlab('up', '--seed', '7');
  expect(up, up.err).toMatchObject({ status: 0, out: expect.stringContaining('the lab is up after') });
  expect(await get('/health')).toEqual({ status: 'healthy' });
  expect(await driftlab('up')).toMatchObject({ status: 0, out: expect.stringContaining('up already') });
});

test('what it answers is what its OpenAPI document says', { timeout: LIMIT_MS }, async () => {
  const document = await get<{ openapi: string; paths: Record<string, unknown> }>('/openapi.json');
  expect(document.openapi).toBe('3.1.0');
  for (const path of ['/health', '/api/v1/report', '/api/v1/faults/{fault}', '/api/v1/writers', '/metrics'])
    expect(Object.keys(document.paths)).toContain(path);
  await until(async () => (await get<LabReport>('/api/v1/report')).judged_at !== null, {
    what: 'a first check',
    limitMs: 30_000,
  });
  const ajv = new Ajv({ strict: false, formats: { 'date-time': true } });
  const answers = {
    '/api/v1/report': reportShape,
    '/api/v1/stack': shapes.stackShape,
    '/api/v1/lag': shapes.lagsShape,
    '/api/v1/connectors': shapes.connectorsShape,
  };
  for (const [path, schema] of Object.entries(answers)) {
    ajv.validate(schema, await get(path));
    expect(ajv.errorsText(), path).toBe('No errors');
  }
  const stack = await get<shapes.LabStack>('/api/v1/stack');
  expect(stack.nodes.map(({ name, healthy }) => [name, healthy])).toHaveLength(5);
  const { connectors } = await get<shapes.LabConnectors>('/api/v1/connectors');
  expect(connectors.map(({ type, state, captured_lsn }) => [type, state, captured_lsn])).toEqual([
    ['source', 'RUNNING', expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/)],
    ['sink', 'RUNNING', null],
  ]);
});

test('no web page drives it, and no secret is told', { timeout: LIMIT_MS }, async () => {
  expect(await ask('POST', '/api/v1/faults/lag')).toMatchObject({
    status: 401,
    type: expect.stringContaining('application/problem+json'),
  });
  expect(await ask('GET', '/api/v1/%zz')).toMatchObject({
    status: 400,
    type: expect.stringContaining('application/problem+json'),
  });
  expect((await ask('GET', '/api/v1/report', { host: 'evil.example' })).status).toBe(403);
  expect((await ask('POST', '/api/v1/faults/lag', { ...owner(), origin: 'http://evil.example' })).status).toBe(403);
  const password = readState(home)?.addresses?.source.password ?? 'none';
  expect(password).not.toBe('none');
  for (const path of ['/api/v1/report', '/api/v1/stack', '/api/v1/connectors', '/metrics'])
    expect((await ask('GET', path)).text, path).not.toContain(password);
});

test('wrong requests are refused by name, and nothing happens', { timeout: LIMIT_MS }, async () => {
  const post = (path: string, body: unknown) => ask('POST', path, owner(), body);
  expect((await post('/api/v1/faults/lag', { seconds: 'ten' })).status).toBe(400);
  expect((await post('/api/v1/faults/lag', { secnods: 10 })).status).toBe(400);
  expect((await post('/api/v1/faults/duplicate', { seconds: 10 })).text).toContain('takes no seconds');
  expect((await post('/api/v1/faults/flood', {})).status).toBeGreaterThanOrEqual(400);
  for (const mode of ['binlog', 'history', 'row-image', 'cleanup']) {
    const text = expect.stringMatching(/the source (has no binary log|keeps changes in its log alone)/);
    expect(await post(`/api/v1/faults/${mode}`, {})).toMatchObject({ status: 409, text });
  }
  expect((await post('/api/v1/writers', { rate: -1 })).status).toBe(400);
  expect((await ask('DELETE', '/api/v1/faults/lag-9', owner())).status).toBe(404);
  expect((await get<{ faults: LabFault[] }>('/api/v1/faults')).faults).toEqual([]);
});

test.each([
  ['trigger-restart', ['--seconds', '1'], 'insert'],
  ['trigger-schema', [], undefined],
  ['trigger-duplicate', [], 'insert'],
  ['trigger-backfill', ['--rows', '200'], undefined],
] as const)(
  '%s is followed to its verdict: every variant as expected',
  { timeout: LIMIT_MS },
  async (word, args, broken) => {
    const { status, out, err } = await driftlab(word, ...args, '--wait');
    expect(status, `${out}${err}`).toBe(0);
    expect(out).toMatch(/✓ dedup +PASS +converged; as expected/);
    if (broken !== undefined) expect(out).toMatch(new RegExp(`✓ ${broken} +(WARN|FAIL) +duplicate`));
  },
);

test('one fault at a time, and one that lasts can be healed early', { timeout: LIMIT_MS }, async () => {
  expect(await driftlab('trigger-lag', '--seconds', '120')).toMatchObject({
    status: 0,
    out: expect.stringContaining('watch for'),
  });
  const held = (await get<LabReport>('/api/v1/report')).faults.at(-1);
  expect(held).toMatchObject({ mode: 'lag', state: 'injecting', heals_in_ms: expect.any(Number) });
  expect(await driftlab('trigger-restart')).toMatchObject({
    status: 2,
    err: expect.stringContaining('is still active'),
  });
  expect((await ask('POST', '/api/v1/faults/restart', owner(), {})).status).toBe(409);
  const lags = await get<shapes.LabLags>('/api/v1/lag');
  expect(lags.groups).toHaveLength(4);
  expect((await ask('DELETE', `/api/v1/faults/${held?.id}`, owner())).status).toBe(202);
  const fault = await until(
    async () => {
      const seen = await get<LabFault>(`/api/v1/faults/${held?.id}`);
      return seen.state === 'settled' || seen.state === 'failed' ? seen : undefined;
    },
    { what: 'the fault to settle', limitMs: 120_000 },
  );
  expect(fault).toMatchObject({ state: 'settled', healed_early: true, variants: { dedup: { met: true } } });
});

test('writers are paused, resumed and set to another rate', { timeout: LIMIT_MS }, async () => {
  const post = async (body: unknown) =>
    JSON.parse((await ask('POST', '/api/v1/writers', owner(), body)).text) as LabWriters;
  const paused = await post({ state: 'paused' });
  expect(paused.state).toBe('paused');
  await readEvents(1, undefined);
  expect((await get<LabReport>('/api/v1/report')).writers.committed).toBe(paused.committed);
  expect(await post({ state: 'running', rate: 40 })).toMatchObject({ state: 'running', rate: 40 });
  await until(async () => (await get<LabReport>('/api/v1/report')).writers.committed > paused.committed, {
    what: 'the writers to go on',
    limitMs: 20_000,
  });
});

test('metrics have every figure with its unit in its name', { timeout: LIMIT_MS }, async () => {
  const { text, type } = await ask('GET', '/metrics');
  expect(type).toContain('text/plain');
  expect(text).toMatch(/^driftlab_commit_to_sink_seconds_count\{variant="dedup"\} [1-9]/m);
  expect(text).toMatch(/^driftlab_verdict\{variant="dedup",verdict="(PASS|SYNC_IN_PROGRESS)"\} 1$/m);
  expect(text).toMatch(/^driftlab_anomalies\{variant="insert",class="duplicate"\} [1-9]/m);
  expect(text).toMatch(/^driftlab_node_restarts_total\{node="connect"\} [1-9]/m);
  expect(text).toMatch(/^driftlab_consumer_lag_seconds\{variant="dedup",group="lab-dedup"\} /m);
});

test('events go on where a reader left off', { timeout: LIMIT_MS }, async () => {
  const first = await readEvents(5, undefined);
  const second = await readEvents(2, first[2]);
  expect(second).toEqual(first.slice(3, 5));
});

/** The ids of the first so many events after `last`. */
async function readEvents(count: number, last: string | undefined): Promise<string[]> {
  const stop = new AbortController();
  const answer = await fetch(`http://127.0.0.1:${lab.port}/api/v1/events`, {
    headers: last === undefined ? {} : { 'last-event-id': last },
    signal: stop.signal,
  });
  let text = '';
  for await (const chunk of answer.body ?? []) {
    text += new TextDecoder().decode(chunk as Uint8Array);
    if ([...text.matchAll(/^id: .+\n(?=event)/gm)].length >= count) break;
  }
  stop.abort();
  return [...text.matchAll(/^id: (.+)$/gm)].slice(0, count).map(([, id]) => id ?? '');
}

test('databases, topics and records can be asked', { timeout: LIMIT_MS }, async () => {
  const sql = await driftlab('source-shell', '--builtin', '-c', 'select count(*) as n from customers');
  expect(sql, sql.err).toMatchObject({ status: 0, out: expect.stringMatching(/ n\n-+\n \d+\n\(1 row\)/) });
  expect((await driftlab('sink-shell', '--builtin', '-c', 'select nope')).status).toBe(1);
  const consumed = await driftlab('kafka-consume', '--from-beginning', '--max', '2', '--table', 'customers');
  expect(consumed.out).toMatch(/^read +public\.customers id=\d+ .*at [0-9A-F]+\/[0-9A-F]+/);
  expect((await driftlab('lag', '--variant', 'dedup')).out).toContain('lab-dedup');
  expect((await driftlab('connector-status')).status).toBe(0);
});

test.skipIf(!hasTmux())(
  'the prompt of our own takes statements over several lines',
  { timeout: LIMIT_MS },
  async () => {
    const command = [process.execPath, join(ROOT, 'bin', 'driftlab.mjs'), 'source-shell', '--builtin'];
    await using terminal = await openTerminal({
      columns: 100,
      rows: 40,
      command,
      env,
    });
    await terminal.see(/^source=>$/m);
    await terminal.type('select count(*) as rows');
    await terminal.see(/^source->$/m);
    await terminal.type('from customers;');
    await terminal.see(/^ rows\n-+\n \d+\n\(1 row\)\nsource=>$/m);
    await terminal.type('select nope;');
    await terminal.see(/^error: column "nope" does not exist\nsource=>$/m);
    await terminal.type('\\dt');
    await terminal.see(/public +\| +line_items/);
    await terminal.type('select 1');
    await terminal.see(/^source->$/m);
    await terminal.press('C-c');
    await terminal.type('\\x');
    await terminal.see(/one block a row: on\nsource=>$/m);
    await terminal.type('select 41 + 1 as answer;');
    await terminal.see(/answer +\| 42/);
    await terminal.type('\\q');
    expect(await terminal.ended()).toBe(0);
  },
);

test('the logs of the daemon and of every node are at hand', { timeout: LIMIT_MS }, async () => {
  const all = await driftlab('logs');
  expect(all.out.match(/^== \S+(?=:)/gm)).toEqual(
    ['daemon', 'broker', 'connect-sink', 'connect', 'sink', 'source'].map((name) => `== ${name}`),
  );
  expect(all.out).toMatch(/^\S+Z the lab is (running|faulted)$/m);
  const few = await driftlab('logs', 'broker', '--lines', '2');
  expect(few.out.trimEnd().split('\n')).toHaveLength(2);
  expect(await driftlab('logs', 'brokr')).toMatchObject({ status: 2, err: expect.stringContaining('broker') });
});

test('a reset that is asked for in a wrong way ends nothing', { timeout: LIMIT_MS }, async () => {
  for (const wrong of [
    ['--varients', 'dedup'],
    ['--seed', 'abc'],
    ['--variants', 'dedupe'],
  ])
    expect(await driftlab('reset', ...wrong)).toMatchObject({ status: 2, out: '' });
  expect((await driftlab('reset', '--help')).out).toContain('driftlab reset');
  expect((await ask('GET', '/health')).status).toBe(200);
});

test('down leaves nothing running, and up goes on where it was', { timeout: LIMIT_MS }, async () => {
  const daemon = readState(home)?.daemon;
  const before = await get<LabReport>('/api/v1/report');
  const tree = treeOf(daemon?.pid ?? 0).flatMap(({ pid }) => identify(pid) ?? []);
  expect(tree.length).toBeGreaterThan(5);
  expect(await driftlab('down')).toMatchObject({ status: 0, out: expect.stringContaining('data are kept') });
  expect(tree.filter(isAlive)).toEqual([]);
  expect(await driftlab('status')).toMatchObject({ status: 2, err: expect.stringContaining('the lab is down') });

  // What was kept is still there after an attempt that failed.
  const other = createServer((socket) => socket.destroy()).listen(lab.port, '127.0.0.1');
  await once(other, 'listening');
  expect((await driftlab('up')).err).toContain('another program listens');
  other.close();
  await once(other, 'close');

  const up = await driftlab('up');
  expect(up, up.err).toMatchObject({ status: 0, out: expect.stringContaining('goes on') });
  const after = await get<LabReport>('/api/v1/report');
  expect(after.faults.map(({ id, verdict }) => [id, verdict])).toEqual(
    before.faults.map(({ id, verdict }) => [id, verdict]),
  );
  // The ledger's file goes on with its numbers; its last line may be half written.
  const lines = readFileSync(home.ledger, 'utf8').split('\n').slice(0, -1);
  const numbers = lines.map((line) => (JSON.parse(line) as Operation).seq);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  const checked = await until(
    async () => {
      const seen = (await get<LabReport>('/api/v1/report')).variants.find(({ variant }) => variant === 'dedup');
      return seen?.status === 'PASS' && seen.tables.length > 0 ? seen : undefined;
    },
    { what: 'dedup to be whole', limitMs: 120_000 },
  );
  expect(Math.max(...checked.tables.map(({ source_rows }) => source_rows))).toBeGreaterThan(3000);
});

test('a group whose lag nears the retention raises an alert, which ends when it has caught up', {
  timeout: LIMIT_MS,
}, async () => {
  const near = async (): Promise<LabAlert[]> =>
    (await get<LabReport>('/api/v1/report')).alerts.filter(({ kind }) => kind === 'lag-near-retention');
  expect(await near()).toEqual([]);
  const retain = await topicRetention(8000);
  const held = await driftlab('trigger-lag', '--seconds', '120');
  expect(held.status, held.err).toBe(0);
  await until(async () => (await near()).length === 4, { what: 'an alert for each group', limitMs: 60_000 });
  const [alert] = await near();
  expect(alert).toMatchObject({ until: null, retention_ms: 8000, records_gone: 0 });
  expect(alert?.lag_ms).toBeGreaterThan(0.8 * 8000);
  expect((await driftlab('status')).out).toContain('of the 8.0 s for which the topics keep records');
  expect((await ask('GET', '/metrics')).text).toMatch(
    /^driftlab_lag_alert\{variant="dedup",kind="lag-near-retention"\} 1$/m,
  );
  await retain(undefined);
  const { faults } = await get<LabReport>('/api/v1/report');
  await ask('DELETE', `/api/v1/faults/${faults.at(-1)?.id}`, owner());
  await until(async () => (await near()).every(({ until }) => until !== null), {
    what: 'the alerts to end',
    limitMs: 60_000,
  });
  await until(async () => (await get<LabReport>('/api/v1/report')).lab.phase === 'running', {
    what: 'the fault to settle',
    limitMs: 120_000,
  });
});

/** Sets the retention of the lab's topics, as a person with Kafka's own tools would; the broker's default again for none. */
async function topicRetention(ms: number): Promise<(ms: number | undefined) => Promise<void>> {
  const set = async (wanted: number | undefined): Promise<void> => {
    const admin = kafkaClient(readState(home)?.addresses?.brokers ?? []).admin();
    await admin.connect();
    const { groups } = await get<shapes.LabLags>('/api/v1/lag');
    const topics = new Set(groups.flatMap(({ partitions }) => partitions.map(({ topic }) => topic)));
    const configEntries = wanted === undefined ? [] : [{ name: 'retention.ms', value: String(wanted) }];
    await admin.alterConfigs({
      validateOnly: false,
      resources: [...topics].map((name) => ({ type: ConfigResourceTypes.TOPIC, name, configEntries })),
    });
    await admin.disconnect();
  };
  await set(ms);
  return set;
}

test('past the retention every variant loses rows, and the alert says how many records', {
  timeout: LIMIT_MS,
}, async () => {
  const { out, err } = await driftlab('trigger-lag', '--step', 'retention', '--seconds', '1', '--wait');
  expect(out, err).toMatch(/dedup +FAIL/);
  // The lab looks at the consumers about once a second, and may not have done so since they jumped over what was gone.
  const past = async (): Promise<LabAlert[]> =>
    (await get<LabReport>('/api/v1/report')).alerts.filter(({ kind }) => kind === 'lag-past-retention');
  await until(async () => (await past()).length > 0, { what: 'the alert', limitMs: 60_000 });
  expect(Math.max(...(await past()).map(({ records_gone }) => records_gone))).toBeGreaterThan(0);
  expect((await past())[0]?.cause).toMatchObject({ code: 'retention-passed', certainty: 'shown' });
  // The servers are read for the causes behind the check that saw what is wrong.
  const why = async (variant: string): Promise<string[]> =>
    (await get<LabReport>('/api/v1/report')).variants
      .filter((one) => one.variant === variant)
      .flatMap(({ causes }) => causes.map(({ code }) => code));
  await until(async () => (await why('dedup')).includes('retention-passed'), { what: 'the cause', limitMs: 60_000 });
  // What an earlier fault has damaged is still explained by that one.
  expect(await why('insert')).toContain('applier-inserts-blindly');
  const { out: status } = await driftlab('status', '--variant', 'dedup');
  expect(status).toMatch(/dedup, why: .*\[retention-passed\]/);
  expect(status).toContain('to fix it: raise retention.ms');
});

test('of a lab whose daemon is killed nothing is left after the next command, which says so', {
  timeout: LIMIT_MS,
}, async () => {
  const daemon = readState(home)?.daemon;
  const tree = treeOf(daemon?.pid ?? 0).flatMap(({ pid }) => identify(pid) ?? []);
  process.kill(daemon?.pid ?? 0, 'SIGKILL');
  expect(await driftlab('status')).toMatchObject({ status: 2, err: expect.stringContaining('was killed') });
  expect(tree.filter(isAlive)).toEqual([]);
  expect((await driftlab('logs', 'daemon')).out).toContain('the lab is running');
});

test('after the machine was started anew up says so, begins afresh, and down ends what is not there any more', {
  timeout: LIMIT_MS,
}, async () => {
  const state = readState(home);
  if (state === undefined) throw new Error('the killed lab has left no state');
  // The daemon's process as one of an earlier boot has it.
  const daemon = { ...state.daemon, started: `before-${state.daemon.started}` };
  writeState(home, { ...state, daemon });
  const up = await driftlab('up', '--variants', 'dedup,strict');
  expect(up, up.err).toMatchObject({
    status: 0,
    out: expect.stringContaining('the machine was restarted while it ran'),
  });
  const report = await get<LabReport>('/api/v1/report');
  expect(report.lab.id).not.toBe(state.id);
  expect(report).toMatchObject({ faults: [], alerts: [] });

  const { status, out } = await driftlab('trigger-restart', '--seconds', '1', '--wait');
  expect(status, out).toBe(0);
  expect(out).toMatch(/✓ dedup +PASS +converged; as expected/);
  expect(out).toMatch(/\? strict +PASS +converged; this step has no expectation for it/);

  process.kill(readState(home)?.daemon.pid ?? 0, 'SIGKILL');
  expect(await driftlab('down')).toMatchObject({ status: 0, out: expect.stringContaining('not running any more') });
  expect(await driftlab('clean')).toMatchObject({ status: 0 });
  expect(existsSync(home.folder)).toBe(false);
});
