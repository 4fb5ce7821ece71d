import { EventEmitter } from 'node:events';
import type { Host } from '#cli/host.ts';
import type { RunResult, RunScenario } from '#cli/run-options.ts';
import type { Fault } from '#model/fault.ts';
import type { RunEvent } from '#model/run-event.ts';
import type { FailureMode, Scenario, Step } from '#model/scenario.ts';
import { plain } from '#report/text.ts';
import { lineView } from '#tui/view.ts';
import { canonicalModes } from './canonical-history.ts';

export interface TestHost extends Host {
  readonly out: string[];
  readonly err: string[];
  readonly exits: number[];
  readonly process: EventEmitter;
}

/** A command's world without a terminal: what it writes is kept, signals come by `process.emit('SIGINT', 'SIGINT')`. */
export function testHost(reports: string, engine: RunScenario): TestHost {
  const out: string[] = [];
  const err: string[] = [];
  const exits: number[] = [];
  const stdout = { write: (text: string) => out.push(text), columns: 100 };
  return {
    ...{ out, err, exits, stdout, reports, cwd: reports, env: {} },
    stderr: { write: (text: string) => err.push(text) },
    process: new EventEmitter(),
    exit: (status) => void exits.push(status),
    now: () => new Date(2026, 0, 5, 10),
    randomSeed: () => 4711,
    openView: () => Promise.resolve(lineView(stdout, plain)),
    loadScenarios: () => Promise.resolve([testScenario]),
    loadEngine: () => Promise.resolve(engine),
  };
}

/** An engine that emits what it is given and ends as the history says. */
export function replayingEngine(events: readonly RunEvent[]): RunScenario {
  return async ({ emit }) => {
    for (const event of events) emit(event);
    const ended = events.find((event) => event.type === 'run-ended');
    return { verdict: ended?.verdict ?? 'UNKNOWN', exit: (ended?.exit ?? 3) as RunResult['exit'] };
  };
}

const NO_FAULT: Fault = { kind: 'none', needs: [], inject: () => Promise.reject(new Error('not to be run')) };

/** The canonical scenario as the command line sees it: names only, nothing that could be run. */
const testScenario: Scenario = {
  id: '01-canonical-reference',
  aliases: ['canonical'],
  title: 'The canonical reference',
  story: 'The five failures that every pipeline meets.',
  workload: {
    name: 'none',
    install: () => Promise.reject(new Error('not to be run')),
    generator: () => {
      throw new Error('not to be run');
    },
  },
  variants: {
    insert: { kind: 'builtin', title: 'blind INSERT' },
    upsert: { kind: 'builtin', title: 'upsert by key' },
    dedup: { kind: 'builtin', title: 'upsert, dedup table and LSN guard' },
    'debezium-jdbc': { kind: 'connect-sink', title: 'Debezium JDBC sink connector' },
  },
  modes: canonicalModes.map(({ id, title, story, steps }): FailureMode => {
    const strict = { strict: { kind: 'builtin', title: 'stops at an unknown column' } } as const;
    const inOrder = steps.map(
      (step): Step => ({
        ...{ id: step.id, title: step.title, fault: NO_FAULT, expect: {} },
        live: { takes: [] },
      }),
    );
    return { id, title, story, steps: inOrder, ...(id === 'schema' ? { variants: strict } : {}) };
  }),
};
