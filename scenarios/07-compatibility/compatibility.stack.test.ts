import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { driftlab, scenarioCommand } from '#testing/command.ts';

interface Variant {
  readonly met: boolean;
  readonly seen: string;
  readonly during: {
    readonly verdict: string;
    readonly in_flight: number;
    readonly anomalies: Readonly<Record<string, number>>;
  };
  readonly causes: readonly { readonly code: string }[];
}

interface Refusal {
  readonly by: string;
  readonly name: string;
  readonly status?: number;
  readonly says: string;
}

interface Report {
  readonly verdict: string;
  readonly modes: readonly {
    readonly id: string;
    readonly steps: readonly {
      readonly id: string;
      readonly fault: { readonly refused: readonly Refusal[]; readonly evidence: { readonly text: string } };
      readonly variants: Readonly<Record<string, Variant>>;
    }[];
  }[];
}

let reports: string;
let exit: number;
let report: Report;

/** The scenario as a person runs it, all of it: four levels, five changes each. */
beforeAll(async () => {
  reports = mkdtempSync(join(tmpdir(), 'driftlab-compatibility-'));
  const ran = await scenarioCommand<Report>(reports, 'compatibility', '--seed', '11');
  exit = ran.outcome.exit;
  report = ran.report;
}, 600_000);
afterAll(() => rmSync(reports, { recursive: true, force: true }));

const steps = () => report.modes.flatMap((mode) => mode.steps.map((step) => ({ mode: mode.id, ...step })));

test('every variant shows what it should under every level', () => {
  const wrong = steps().flatMap(({ id, variants, fault }) =>
    Object.entries(variants).flatMap(([name, { met, seen }]) =>
      met ? [] : [`${id}/${name}: ${seen}; ${fault.evidence.text}`],
    ),
  );
  expect([exit, report.verdict, wrong]).toEqual([0, 'PASS', []]);
});

test('each level refuses what Avro’s rules say, at the registry, and what no rule is about is refused at the sink', () => {
  const table = steps().map(({ id, fault }) => [id, fault.refused.map(({ by }) => by).join(' ')]);
  expect(Object.fromEntries(table)).toEqual({
    'backward-add-default': '',
    'backward-widen': '',
    'backward-narrow': 'registry',
    'backward-drop': '',
    'backward-add-required': 'registry sink',
    'forward-add-default': '',
    'forward-widen': 'registry',
    'forward-narrow': '',
    'forward-drop': 'registry',
    'forward-add-required': 'sink',
    'full-add-default': '',
    'full-widen': 'registry',
    'full-narrow': 'registry',
    'full-drop': 'registry',
    'full-add-required': 'registry sink',
    'none-add-default': '',
    'none-widen': '',
    'none-narrow': '',
    'none-drop': '',
    'none-add-required': 'sink',
  });
});

test('a refusal has the subject, the status and the words of whoever refused', () => {
  for (const { mode, fault } of steps())
    for (const { by, name, status, says } of fault.refused)
      expect([name, status, says]).toEqual(
        by === 'registry'
          ? [`${mode}.public.line_items-value`, 409, expect.stringMatching(/^Incompatible artifact: .* at \/fields\//)]
          : ['debezium-jdbc', undefined, expect.stringContaining("field 'rank' is not optional but has no default")],
      );
});

test('what waits for a refused schema is late, and never lost', () => {
  const refused = steps().filter(({ fault }) => fault.refused.some(({ by }) => by === 'registry'));
  expect(refused.length).toBe(8);
  for (const { id, variants } of refused)
    for (const [name, { during }] of Object.entries(variants)) {
      expect([id, name, during.anomalies.lost, during.in_flight > 0]).toEqual([id, name, undefined, true]);
    }
});

test('judged again from its folder, without any server, it is the same', async () => {
  expect((await driftlab('recheck', join(reports, 'latest'))).exit).toBe(0);
});
