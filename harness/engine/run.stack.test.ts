import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builtin, converges, defineScenario, failureMode, killConnect, shop, shows } from '#lab.ts';
import type { Fault, FaultContext } from '#model/fault.ts';
import type { Operation } from '#model/operation.ts';
import type { RunEvent, StepResult } from '#model/run-event.ts';
import type { FailureMode } from '#model/scenario.ts';
import type { Capability } from '#model/stack.ts';
import { identify, isAlive, type ProcessIdentity } from '#std/process-table.ts';
import { LEDGER_FILE } from '#workloads/ledger.ts';
import { OBSERVATIONS_FILE, type ObservationLine, openObservations, readObservations } from './observations.ts';
import { rejudge } from './recheck.ts';
import { type RunResult, runScenario } from './run.ts';

/** Injects nothing, and says so. */
const nothing: Fault = {
  kind: 'nothing',
  needs: [],
  inject: async () => ({
    heal: async () => {},
    evidence: async () => ({ bit: false, summary: 'nothing was done', figures: {} }),
    [Symbol.asyncDispose]: async () => {},
  }),
};

/** Needs what no runtime can do. */
const unable: Fault = { ...nothing, needs: ['travel in time' as Capability] };

const upsert = builtin({ title: 'upsert', mode: 'upsert' });
const insert = builtin({ title: 'insert', mode: 'insert' });

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-run-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  /** What it left. */
  readonly folder: string;
  readonly result: RunResult;
  readonly events: readonly RunEvent[];
  readonly steps: readonly StepResult[];
}

async function run(
  modes: readonly FailureMode[],
  onEvent?: (event: RunEvent, abort: AbortController) => void,
  atOperations: Readonly<Record<string, number>> = {},
): Promise<Ran> {
  const events: RunEvent[] = [];
  const own = mkdtempSync(join(folder, 'run-'));
  const abort = new AbortController();
  const scenario = defineScenario({
    id: 'test',
    aliases: [],
    title: 'test',
    story: 'test',
    workload: shop,
    variants: { insert, upsert },
    modes,
  });
  const result = await runScenario({
    scenario,
    run: 'test',
    seed: 1,
    rate: 100,
    holdMs: 200,
    atOperations,
    drainLimitMs: 8000,
    folder: own,
    signal: abort.signal,
    emit: (event) => {
      events.push(event);
      onEvent?.(event, abort);
    },
  });
  const steps = events.flatMap((event) => (event.type === 'step-judged' ? [event.result] : []));
  return { folder: own, result, events, steps };
}

const mode = (id: string, fault: Fault, expected: Record<'insert' | 'upsert', ReturnType<typeof shows>>): FailureMode =>
  failureMode({ id, title: id, story: id, steps: [{ id, title: id, fault, expect: expected }] });

test('a fault that did not bite, and a variant that should break and did not, leave a run without a verdict', async () => {
  const { result, steps, events } = await run([
    mode('toothless', nothing, { insert: converges(), upsert: converges() }),
    mode('unbroken', nothing, { insert: shows('duplicate'), upsert: converges() }),
    mode('unable', unable, { insert: converges(), upsert: converges() }),
  ]);
  // Skipped, and told: it makes no verdict worse.
  expect(events.flatMap((event) => (event.type === 'mode-skipped' ? [[event.mode, event.why]] : []))).toEqual([
    ['unable', 'the runtime embedded cannot travel in time'],
  ]);
  expect(steps.map(({ mode, verdict }) => [mode, verdict])).toEqual([
    ['toothless', 'UNKNOWN'],
    ['unbroken', 'UNKNOWN'],
  ]);
  expect(steps[1]?.variants.insert?.met).toBe(false);
  expect(result).toEqual({ verdict: 'UNKNOWN', exit: 3 });
  // What ran is told by the servers themselves.
  const number = expect.stringMatching(/^\d+\.\d+/);
  expect(events.find((event) => event.type === 'stack-ready')?.versions).toEqual({
    ...{ PostgreSQL: number, Kafka: number, Debezium: number, Java: number },
  });
});

test('a run of which every mode is skipped has shown nothing, and says why', async () => {
  const { result, events } = await run([mode('unable', unable, { insert: converges(), upsert: converges() })]);
  expect(result).toEqual({ verdict: 'UNKNOWN', exit: 3 });
  expect(events.at(-1)).toMatchObject({ type: 'run-ended', reason: 'every failure mode was skipped' });
});

/** The processes of the run's nodes, as the fault saw them. */
const nodes: ProcessIdentity[] = [];
const killing = (node: string): Fault => ({
  ...nothing,
  inject: async (context) => {
    for (const one of context.stack.nodes.values()) nodes.push(identify(one.pid as number) as ProcessIdentity);
    process.kill(context.stack.nodes.get(node)?.pid as number, 'SIGKILL');
    await context.hold('the node is dead', 60_000);
    throw new Error('the run went on without the node');
  },
});

test('a node that dies ends the run with its name and its log, and nothing is left running', async () => {
  const { result, events } = await run([
    mode('dying', killing('broker'), { insert: converges(), upsert: converges() }),
  ]);
  expect(result).toEqual({ verdict: 'UNKNOWN', exit: 3 });
  const ended = events.find((event) => event.type === 'run-ended');
  expect(ended?.reason).toContain('the node broker exited (SIGKILL)');
  expect(ended?.reason).toContain('broker.log');
  expect(nodes.length).toBe(5);
  expect(nodes.filter(isAlive)).toEqual([]);
});

test('an interrupted run ends with status 130, and what it saw is kept', async () => {
  const { result, events } = await run(
    [mode('interrupted', killing('nobody'), { insert: converges(), upsert: converges() })],
    (event, abort) => {
      if (event.type === 'phase' && event.phase === 'baseline') abort.abort(new Error('interrupted'));
    },
  );
  expect(result).toEqual({ verdict: 'UNKNOWN', exit: 130 });
  expect(events.at(-1)).toMatchObject({ type: 'run-ended', reason: 'interrupted' });
});

/** A fault that is nothing but what `act` does, and bites. */
const doing = (kind: string, act: (context: FaultContext) => Promise<void>): Fault => ({
  kind,
  needs: [],
  inject: async (context) => {
    await act(context);
    return { ...(await nothing.inject(context)), evidence: async () => ({ bit: true, summary: kind, figures: {} }) };
  },
});

/** A connector that is stopped makes its worker rebalance. */
const stopping: Fault = {
  ...doing('stop-connector', ({ pipeline, signal }) => pipeline.capture.stop(signal)),
  disturbs: ['connect'],
};

/** A table falls out of the publication: the connector runs on, and never hears of it again. */
const unpublished = doing('drop-from-publication', async ({ pipeline }) => {
  const [publication] = await pipeline.source.query<{ pubname: string }>('SELECT pubname FROM pg_publication');
  await pipeline.source.query(`ALTER PUBLICATION ${publication?.pubname} DROP TABLE orders`);
});

describe('a run in which something breaks that should not', () => {
  const gaps = shows(['lost', 'stale'], ['orphan']);
  let ran: Ran;
  beforeAll(async () => {
    const modes = [
      mode('restart', killConnect({ records: 100 }), { insert: converges(), upsert: converges() }),
      mode('stopped', stopping, { insert: shows('stalled'), upsert: shows('stalled') }),
      mode('unpublished', unpublished, { insert: gaps, upsert: gaps }),
    ];
    ran = await run(modes, undefined, { 'stopped/stopped': 333 });
  });
  const seen = (id: string) => ran.steps.find((step) => step.mode === id)?.variants;

  test('a variant that breaks and should not makes the run fail', () => {
    expect(seen('restart')?.insert).toMatchObject({ met: false, seen: { verdict: 'WARN' } });
    expect(seen('restart')?.upsert).toMatchObject({ met: true });
    expect(ran.result).toEqual({ verdict: 'FAIL', exit: 1 });
  });

  test('a stopped connector is a stall between source and log; what it has not captured is late, not lost', () => {
    const verdict = seen('stopped')?.upsert?.seen;
    expect(verdict).toMatchObject({ verdict: 'FAIL', counts: { stalled: 1 } });
    expect(verdict?.findings[0]?.hop).toBe('source-to-log');
    expect(verdict?.inFlight).toBeGreaterThan(0);
  });

  test('changes that a running connector left out are lost, and at the hop where they were', () => {
    const upsert = seen('unpublished')?.upsert;
    expect([upsert?.seen.counts, upsert?.met]).toEqual([upsert?.seen.counts, true]);
    expect(new Set(upsert?.seen.findings.map(({ hop }) => hop))).toEqual(new Set(['source-to-log']));
  });

  test('one seed makes the same operations, and the fault comes behind the same one, or the one asked for', () => {
    const made = new Map<string, string[]>();
    for (const line of readFileSync(join(ran.folder, LEDGER_FILE), 'utf8').trim().split('\n')) {
      const { mode, number, table, key, kind } = JSON.parse(line) as Operation & { readonly mode: string };
      const of = made.get(mode) ?? [];
      made.set(mode, of);
      of[Number(number)] = `${table} ${key} ${kind}`;
    }
    const all = [...made.values()];
    const common = Math.min(...all.map(({ length }) => length));
    expect(common).toBeGreaterThan(300);
    for (const one of all) expect(one.slice(0, common)).toEqual(all[0]?.slice(0, common));
    const [restart, stopped, unpublished] = ran.steps.map(({ fault }) => fault.operation ?? 0);
    expect(unpublished).toBe(restart);
    expect(stopped).toBeGreaterThanOrEqual(333);
    expect(stopped).toBeLessThan(333 + 5);
  });

  test('it is judged again from its folder alone, and comes out the same', async () => {
    expect(await rejudge(ran.folder, ran.events)).toEqual(ran.events);
  });

  /** Judges the run again with one line of what was seen changed. */
  const withChanged = async (change: (line: ObservationLine) => ObservationLine): Promise<RunEvent[]> => {
    const folder = mkdtempSync(join(ran.folder, 'changed-'));
    copyFileSync(join(ran.folder, LEDGER_FILE), join(folder, LEDGER_FILE));
    using observations = openObservations(join(folder, OBSERVATIONS_FILE));
    for await (const line of readObservations(join(ran.folder, OBSERVATIONS_FILE))) {
      const { variant, fact, ...check } = change(line);
      observations.record(check, variant, fact);
    }
    observations.flush();
    return rejudge(folder, ran.events);
  };
  const stepOf = (events: readonly RunEvent[], mode: string): StepResult | undefined =>
    events.flatMap((event) => (event.type === 'step-judged' && event.result.mode === mode ? [event.result] : []))[0];

  test('a row that was seen otherwise is judged otherwise', async () => {
    let changed = 0;
    const events = await withChanged((line) => {
      const { fact } = line;
      if (line.step !== 'restart' || line.variant !== 'insert' || fact.type !== 'key') return line;
      changed++;
      return { ...line, fact: { ...fact, state: { ...fact.state, sink: fact.state.sink.slice(0, 1) } } };
    });
    expect(changed).toBe(seen('restart')?.insert?.seen.counts.duplicate);
    expect(stepOf(events, 'restart')).toMatchObject({
      verdict: 'PASS',
      variants: { insert: { met: true, seen: { verdict: 'PASS' } } },
    });
  });

  test('whether a change was late is judged by the position, whether it was captured by the ledger', async () => {
    const far = await withChanged((line) => {
      if (line.step !== 'unpublished' || line.fact.type !== 'cut') return line;
      const applied = Object.fromEntries(Object.keys(line.fact.applied).map((partition) => [partition, 0n]));
      return { ...line, fact: { ...line.fact, applied } };
    });
    const inFlight = stepOf(far, 'unpublished')?.variants.upsert?.seen.inFlight;
    expect(inFlight).toBeGreaterThan(0);
    const unwritten = await withChanged((line) =>
      line.step === 'unpublished' && line.fact.type === 'cut'
        ? { ...line, fact: { ...line.fact, ledgerSeq: 0 } }
        : line,
    );
    // Without the ledger nobody knows that a row of which the log has an older event was changed since.
    const hops = (step: StepResult | undefined) => step?.variants.upsert?.seen.findings.map(({ hop }) => hop);
    expect(hops(stepOf(unwritten, 'unpublished'))).not.toEqual(hops(stepOf(ran.events, 'unpublished')));
  });

  test('observations that are gone in part are an error that names what is missing', async () => {
    const cut = withChanged((line) =>
      line.step === 'unpublished' && line.variant === 'upsert' ? { ...line, variant: 'nobody' } : line,
    );
    await expect(cut).rejects.toMatchObject({
      code: 'observations-incomplete',
      message: expect.stringContaining('are incomplete for upsert in unpublished, unpublished'),
    });
  });
});
