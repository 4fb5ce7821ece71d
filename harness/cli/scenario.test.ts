import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ENGINE_NAMES } from '#engines/index.ts';
import { OperatorError } from '#std/errors.ts';
import { endRun } from '#std/run-end.ts';
import { canonicalHistory, failingHistory } from '#testing/canonical-history.ts';
import { replayingEngine, testHost } from '#testing/cli-host.ts';
import { reportCommand } from './report.ts';
import type { RunOptions, RunScenario } from './run-options.ts';
import { scenarioCommand } from './scenario.ts';

let reports: string;
beforeEach(() => {
  reports = mkdtempSync(join(tmpdir(), 'driftlab-cli-'));
});
afterEach(() => rmSync(reports, { recursive: true, force: true }));

const FOLDER = 'canonical-20260105-100000-seed4711';

/** Runs the command with an engine that only keeps what it is given. */
async function optionsOf(...args: string[]): Promise<RunOptions> {
  let seen: RunOptions | undefined;
  const engine: RunScenario = async (options) => {
    seen = options;
    return { verdict: 'PASS', exit: 0 };
  };
  await scenarioCommand(args, testHost(reports, engine));
  if (seen === undefined) throw new Error('the engine was not called');
  return seen;
}

/** The error of a command that must not come as far as the engine. */
async function refusalOf(...args: string[]): Promise<OperatorError> {
  const engine: RunScenario = () => Promise.reject(new Error('the engine was called'));
  const error = await scenarioCommand(args, testHost(reports, engine)).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof OperatorError)) throw new Error(`not refused: ${String(error)}`);
  expect(readdirSync(reports), 'a refused run leaves no folder').toEqual([]);
  return error;
}

test('without options the defaults of the table hold, and nothing is left out', async () => {
  const { signal: _, emit: __, folder, ...options } = await optionsOf('canonical');
  expect(options).toMatchObject({ seed: 4711, rate: 100, holdMs: 3000 });
  expect(options).not.toHaveProperty('only');
  expect(folder).toBe(join(reports, FOLDER));
  expect(options.run).toBe(FOLDER);
});

test('an end may be of every engine of the table, and of no other', async () => {
  const expected = ENGINE_NAMES.join(' or ');
  for (const side of ['--source', '--sink'])
    expect(await refusalOf('canonical', side, 'oracle')).toMatchObject({ code: 'wrong-value', expected, exit: 2 });
});

test('the bound of memory reaches every built-in applier, and no connector', async () => {
  const { scenario } = await optionsOf('canonical', '--max-in-flight-bytes', '4194304');
  const specs = [scenario, ...scenario.modes].flatMap(({ variants }) => Object.values(variants ?? {}));
  const bounds = (kind: string) => specs.filter((spec) => spec.kind === kind).map((spec) => spec.maxInFlightBytes);
  expect(new Set(bounds('builtin'))).toEqual(new Set([4_194_304]));
  expect(new Set(bounds('connect-sink'))).toEqual(new Set([undefined]));
});

test('--at-op names the first steps, or steps by their names', async () => {
  const of = async (text: string) =>
    (await optionsOf('canonical', '--only', 'restart,lag', '--at-op', text)).atOperations;
  expect(await of('200')).toEqual({ 'restart/kill': 200, 'lag/pause': 200 });
  expect(await of('pause=150,retention=1900')).toEqual({ 'lag/pause': 150, 'lag/retention': 1900 });
  expect(await of('200,lag/retention=1900')).toMatchObject({ 'lag/pause': 200, 'lag/retention': 1900 });
});

test('--at-op refuses what is no number, what is no step, and steps out of their order', async () => {
  for (const text of ['0', 'x', 'lag=', '1,,2'])
    expect(await refusalOf('canonical', '--at-op', text)).toMatchObject({ code: 'wrong-value', exit: 2 });
  expect(await refusalOf('canonical', '--at-op', 'retentoin=5')).toMatchObject({
    hint: expect.stringContaining('retention'),
  });
  const falling = await refusalOf('canonical', '--at-op', 'pause=200,retention=100');
  expect(falling.message).toContain('the steps of lag come one after another');
});

test('options reach the engine, the scenario also goes by its id', async () => {
  const args = ['--seed', '7', '--rate=250', '--hold', '1.5', '--only', 'restart, lag', '--variants', 'insert,dedup'];
  expect(await optionsOf('01-canonical-reference', ...args)).toMatchObject({
    seed: 7,
    rate: 250,
    holdMs: 1500,
    only: ['restart', 'lag'],
    variants: ['insert', 'dedup'],
  });
});

test.each([
  [['canonicl'], 'unknown-scenario', 'did you mean canonical?'],
  [['canonical', '--only', 'restrat'], 'unknown-mode', 'did you mean restart?'],
  [['canonical', '--variants', 'insert,dedupe'], 'unknown-variant', 'did you mean dedup?'],
  [['canonical', '--sede', '4'], 'unknown-option', 'did you mean --seed?'],
])('%j is refused with the nearest name', async (args, code, hint) => {
  expect(await refusalOf(...args)).toMatchObject({ code, hint, exit: 2 });
});

test.each([
  [['canonical', '--rate', 'fast'], 'wrong-value'],
  [['canonical', '--rate', '0'], 'wrong-value'],
  [['canonical', '--seed', '1.5'], 'wrong-value'],
  [['canonical', '--seed', '9007199254740993'], 'wrong-value'],
  [['canonical', '--only', 'restart,,lag'], 'wrong-value'],
  [['canonical', '--seed'], 'wrong-usage'],
  [['canonical', '--seed', '--list'], 'wrong-usage'],
  [['canonical', '--list=yes'], 'wrong-usage'],
  [['canonical', '50'], 'wrong-usage'],
  [['canonical', '--only', 'lag', '--variants', 'strict'], 'wrong-usage'],
  [[], 'scenario-missing'],
])('%j is refused as wrong usage', async (args, code) => {
  expect(await refusalOf(...args)).toMatchObject({ code, exit: 2 });
});

test('help and list come from the tables, and run nothing', async () => {
  const host = testHost(reports, () => Promise.reject(new Error('the engine was called')));
  expect(await scenarioCommand(['--help'], host)).toBe(0);
  expect(await scenarioCommand(['--list'], host)).toBe(0);
  const text = host.out.join('');
  for (const word of ['--seed N', '--hold SECONDS', 'default: 3', 'restart', 'debezium-jdbc', 'adds variants strict'])
    expect(text).toContain(word);
  expect(readdirSync(reports)).toEqual([]);
});

test('a run leaves its history and every report, latest leads there, and its exit status is the command’s', async () => {
  const host = testHost(reports, replayingEngine(failingHistory()));
  expect(await scenarioCommand(['canonical', '--rate', '50'], host)).toBe(1);
  const files = ['events.jsonl', 'junit.xml', 'report.html', 'report.json', 'report.md'];
  expect(readdirSync(join(reports, FOLDER)).sort()).toEqual(files);
  expect(readlinkSync(join(reports, 'latest'))).toBe(FOLDER);
  const report = JSON.parse(readFileSync(join(reports, 'latest', 'report.json'), 'utf8'));
  expect(report.replay).toBe('npx driftlab scenario canonical --seed 4711 --rate 50');
  expect(host.out.join('')).toContain('✗ lost 1, stale 3');
});

test('an engine that fails in the middle leaves the report of what was seen, and its error', async () => {
  const died = new OperatorError({ code: 'node-died', message: 'broker died', exit: 3 });
  const events = canonicalHistory({ until: ({ type }) => type !== 'mode-ended' });
  const host = testHost(reports, async ({ emit }) => {
    for (const event of events) emit(event);
    throw died;
  });
  await expect(scenarioCommand(['canonical'], host)).rejects.toBe(died);
  const report = JSON.parse(readFileSync(join(reports, FOLDER, 'report.json'), 'utf8'));
  expect(report).toMatchObject({ verdict: 'UNKNOWN', exit: 3, reason: 'broker died' });
  expect(report.modes[0].steps[0].progress).toBe('judged');
});

test('the first signal stops in order and keeps the report with exit 130, the second ends at once', async () => {
  const [started] = canonicalHistory();
  const host = testHost(reports, async ({ emit, signal }) => {
    if (started) emit(started);
    host.process.emit('SIGINT', 'SIGINT');
    expect(host.exits).toEqual([]);
    host.process.emit('SIGINT', 'SIGINT');
    throw signal.reason;
  });
  expect(await scenarioCommand(['canonical'], host)).toBe(130);
  expect(host.exits).toEqual([130]);
  expect(JSON.parse(readFileSync(join(reports, FOLDER, 'report.json'), 'utf8')).exit).toBe(130);
  expect(host.process.listenerCount('SIGINT')).toBe(0);
});

test('a history that cannot be written stops the run, and is told as such', async () => {
  const unwritable = { at: 0, type: 'node', node: 'source', state: 'running', self: {} } as const;
  Object.assign(unwritable.self, { self: unwritable });
  let stopped = false;
  const host = testHost(reports, async ({ emit, signal }) => {
    for (const event of canonicalHistory()) emit(event);
    emit(unwritable);
    stopped = signal.aborted;
    return { verdict: 'PASS', exit: 0 };
  });
  await expect(scenarioCommand(['canonical'], host)).rejects.toMatchObject({ code: 'report-not-written', exit: 3 });
  expect(stopped).toBe(true);
});

test('an error that nobody awaits stops the run in order; what was seen is kept, and is UNKNOWN', async () => {
  const [started] = canonicalHistory();
  const host = testHost(reports, async ({ emit, signal }) => {
    if (started) emit(started);
    endRun(new Error('a socket broke'));
    throw signal.reason;
  });
  await expect(scenarioCommand(['canonical'], host)).rejects.toMatchObject({ code: 'bug', exit: 3 });
  const report = JSON.parse(readFileSync(join(reports, FOLDER, 'report.json'), 'utf8'));
  expect(report).toMatchObject({ verdict: 'UNKNOWN', exit: 3, reason: expect.stringContaining('a socket broke') });
});

test('a run whose reports cannot be written does not pass', async () => {
  const host = testHost(reports, async ({ emit, folder }) => {
    for (const event of canonicalHistory()) emit(event);
    rmSync(folder, { recursive: true });
    return { verdict: 'PASS', exit: 0 };
  });
  await expect(scenarioCommand(['canonical'], host)).rejects.toMatchObject({ code: 'report-not-written', exit: 3 });
});

test('a finished run is reported again from its folder alone', async () => {
  await scenarioCommand(['canonical'], testHost(reports, replayingEngine(failingHistory())));
  const path = join(reports, FOLDER, 'report.json');
  const before = readFileSync(path, 'utf8');
  rmSync(path);
  const host = testHost(reports, () => Promise.reject(new Error('the engine was called')));
  expect(await reportCommand(['latest'], host)).toBe(0);
  expect(readFileSync(path, 'utf8')).toBe(before);
  expect(host.out.join('')).toContain('✗ lost 1, stale 3');
});
