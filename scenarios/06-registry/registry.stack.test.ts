import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { scenarioCommand } from '#testing/command.ts';

interface Shown {
  readonly met: boolean;
  readonly seen: string;
  readonly causes?: readonly { readonly code: string; readonly remedy: readonly string[] }[];
}

interface Report {
  readonly verdict: string;
  readonly modes: readonly {
    readonly id: string;
    readonly steps: readonly {
      readonly id: string;
      readonly fault: {
        readonly bit: boolean;
        readonly evidence: { readonly figures: Readonly<Record<string, number>> };
      };
      readonly variants: Readonly<Record<string, Shown>>;
    }[];
  }[];
}

let reports: string;
let exit: number;
let report: Report;

beforeAll(async () => {
  reports = mkdtempSync(join(tmpdir(), 'driftlab-registry-'));
  const ran = await scenarioCommand<Report>(reports, 'registry', '--hold', '1', '--seed', '7');
  exit = ran.outcome.exit;
  report = ran.report;
}, 900_000);
afterAll(() => rmSync(reports, { recursive: true, force: true }));

const steps = () => new Map(report.modes.flatMap((mode) => mode.steps.map((step) => [step.id, step] as const)));
const shown = (step: string, variant: string) => steps().get(step)?.variants[variant];
const firstCause = (step: string, variant: string) => shown(step, variant)?.causes?.[0];

test('every fault bit, and every variant showed what is expected of it', () => {
  expect([...steps().values()].filter(({ fault }) => !fault.bit).map(({ id }) => id)).toEqual([]);
  const unmet = [...steps()].flatMap(([id, { variants }]) =>
    Object.entries(variants).flatMap(([name, { met, seen }]) => (met ? [] : [`${id} ${name}: ${seen}`])),
  );
  expect([exit, report.verdict, unmet]).toEqual([0, 'PASS', []]);
});

test('no variant lost a row, whatever the registry did', () => {
  for (const [id, { variants }] of steps())
    for (const [name, { seen }] of Object.entries(variants)) expect([id, name, seen]).not.toContain('lost');
});

test('a slow registry was measured to be as slow as was asked for', () => {
  expect(steps().get('slow')?.fault.evidence.figures.delay_ms_median).toBeGreaterThanOrEqual(500);
});

test('an emptied registry gave numbers to other schemas, and what remembers nothing misses them', () => {
  expect(steps().get('emptied')?.fault.evidence.figures.numbers_missing).toBeGreaterThan(0);
  expect(steps().get('renumbered')?.fault.evidence.figures.numbers_given_anew).toBeGreaterThan(0);
});

test.each([
  ['killed-left', 'upsert', 'registry-unreachable', 'onlyFailed=true'],
  ['killed-consumers', 'debezium-jdbc', 'registry-unreachable', 'onlyFailed=true'],
  ['emptied', 'debezium-jdbc', 'registry-schema-missing', 'restore'],
  ['renumbered', 'debezium-jdbc', 'registry-numbers-anew', 'restart every consumer'],
  ['incompatible-left', 'dedup', 'registry-incompatible', 'curl -X PUT'],
])('%s: what %s shows is told with its cause, and what to do', (step, variant, code, advises) => {
  expect(firstCause(step, variant)?.code).toBe(code);
  expect(firstCause(step, variant)?.remedy.join('\n')).toContain(advises);
});
