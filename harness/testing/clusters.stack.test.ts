import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runScenario } from '#engine/run.ts';
import type { RunEvent } from '#model/run-event.ts';
import type { Stack } from '#model/stack.ts';
import { buildReport } from '#report/build.ts';
import type { Report } from '#report/report.ts';
import { clusters } from '../../scenarios/04-clusters/scenario.ts';
import { startTestStack } from './stack.ts';
import { runPipelineFile } from './subject.ts';

/** Three brokers and two workers in each group, for all that is done to them. */
let stack: Stack;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-clusters-'));
  stack = await startTestStack({}, clusters.topology);
}, 240_000);
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const VARIANTS = ['dedup', 'debezium-jdbc'];
const LIMIT_MS = 900_000;

async function run(mode: string, drainLimitMs = 60_000): Promise<Report> {
  const events: RunEvent[] = [];
  await runScenario({
    ...{
      scenario: clusters,
      run: mode,
      seed: 7,
      rate: 40,
      holdMs: 100,
      drainLimitMs,
      only: [mode],
      variants: VARIANTS,
    },
    folder: mkdtempSync(join(folder, 'run-')),
    stack,
    signal: new AbortController().signal,
    emit: (event) => events.push(event),
  });
  return buildReport(events);
}

/** Of each step: that its fault had an effect, and that every variant showed what is expected. */
function shown({ modes }: Report): unknown[] {
  return modes.flatMap(({ steps }) =>
    steps.map(({ id, fault, variants }) => [
      id,
      fault.bit,
      ...VARIANTS.map((name) => variants[name]?.met === true || variants[name]?.seen),
    ]),
  );
}

test(
  'nothing is lost of what three brokers have acknowledged, whichever of them die',
  async () => {
    expect(shown(await run('broker'))).toEqual([
      ['killed', true, true, true],
      ['leader', true, true, true],
      ['stopped', true, true, true],
    ]);
  },
  LIMIT_MS,
);

test(
  'what one replica has acknowledged alone is lost with it, and the cause is named',
  async () => {
    // What is lost never comes.
    const report = await run('unclean', 20_000);
    expect(shown(report)).toEqual([['unclean', true, true, true]]);
    const { variants } = report.modes[0]?.steps[0] ?? {};
    for (const name of VARIANTS) expect(variants?.[name]?.causes?.[0]?.code).toBe('unclean-election');
  },
  LIMIT_MS,
);

test.each(['worker', 'zombie'])(
  '%s: tasks go on elsewhere, and whatever writes by key converges',
  async (mode) => {
    expect(shown(await run(mode))).toEqual([
      ['capture', true, true, true],
      ['sinks', true, true, true],
    ]);
  },
  LIMIT_MS,
);

test(
  'several tasks keep the order of each key, and not that of a truncate among partitions',
  async () => {
    const file = resolve(import.meta.dirname, '../subject/fixtures/tasks/pipeline.yaml');
    const ran = await runPipelineFile(file, { stack, folder, operations: 400 });
    for (const fault of ['none', 'kill-worker']) expect(ran.cell(fault, 'several').survived).toBe(true);
    const emptied = ran.cell('truncate', 'several');
    // Whether it overtakes anything depends on how far each partition has been read.
    if (emptied.survived !== true) {
      expect(emptied).toMatchObject({ seen: expect.stringMatching(/^orphan \d+$/), hops: ['log-to-sink'] });
      expect(emptied.change.join()).toContain(
        'A truncate event has no key and is ordered only within its own partition',
      );
    }
  },
  LIMIT_MS,
);
