import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { scenarioCommand } from '#testing/command.ts';

interface Shown {
  readonly met: boolean;
  readonly seen: string;
  readonly causes?: readonly { readonly code: string }[];
}

interface Report {
  readonly verdict: string;
  readonly modes: readonly {
    readonly steps: readonly {
      readonly id: string;
      readonly fault: { readonly bit: boolean };
      readonly variants: Readonly<Record<string, Shown>>;
    }[];
  }[];
}

let reports: string;
let exit: number;
let report: Report;

beforeAll(async () => {
  reports = mkdtempSync(join(tmpdir(), 'driftlab-objects-'));
  const ran = await scenarioCommand<Report>(reports, 'objects', '--hold', '1', '--seed', '7');
  exit = ran.outcome.exit;
  report = ran.report;
}, 900_000);
afterAll(() => rmSync(reports, { recursive: true, force: true }));

const steps = () => new Map(report.modes.flatMap((mode) => mode.steps.map((step) => [step.id, step] as const)));

test('every fault bit, and every variant showed what is expected of it', () => {
  expect([...steps().values()].filter(({ fault }) => !fault.bit).map(({ id }) => id)).toEqual([]);
  const unmet = [...steps()].flatMap(([id, { variants }]) =>
    Object.entries(variants).flatMap(([name, { met, seen }]) => (met ? [] : [`${id} ${name}: ${seen}`])),
  );
  expect([exit, report.verdict, unmet]).toEqual([0, 'PASS', []]);
});

test.each([
  ['killed-uploaded', 'times', 'objects-named-by-time'],
  ['listed-late', 'counted', 'objects-counted-by-list'],
  ['expired-left', 'offsets', 's3-credentials-expired'],
])('%s: what %s shows is reported with its cause', (step, variant, code) => {
  expect(steps().get(step)?.variants[variant]?.causes?.[0]?.code).toBe(code);
});
