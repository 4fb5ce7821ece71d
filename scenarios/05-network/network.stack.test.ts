import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scenarioCommand } from '#testing/command.ts';

interface Shown {
  readonly met: boolean;
  readonly seen: string;
  readonly causes: readonly { readonly code: string }[];
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

describe('the network between any two, on three brokers, from the command line', () => {
  let reports: string;
  let exit: number;
  let report: Report;

  beforeAll(async () => {
    reports = mkdtempSync(join(tmpdir(), 'driftlab-network-'));
    const short = ['--hold', '2', '--seed', '7'];
    const ran = await scenarioCommand<Report>(reports, 'network', '--brokers', '3', ...short);
    exit = ran.outcome.exit;
    report = ran.report;
  }, 1_200_000);
  afterAll(() => rmSync(reports, { recursive: true, force: true }));

  const steps = () =>
    report.modes.flatMap((mode) => mode.steps.map((step) => ({ ...step, name: `${mode.id}/${step.id}` })));
  const named = (step: string) => steps().filter(({ id }) => id === step);

  test('every fault bit between every two, and nothing was lost', () => {
    expect(steps().map(({ name, fault }) => [name, fault.bit])).toEqual(
      ['source-connect', 'connect-broker', 'broker-consumer', 'consumer-sink', 'broker-broker'].flatMap((hop) =>
        ['cut', 'one-way', 'one-way-back', 'slow', 'reset']
          .filter((step) => hop !== 'broker-broker' || !step.startsWith('one-way'))
          .map((step) => [`${hop}/${step}`, true]),
      ),
    );
    expect([exit, report.verdict]).toEqual([0, 'PASS']);
  });

  test('a cut stopped bytes and let none through', () => {
    for (const { name, fault } of [...named('cut'), ...named('one-way'), ...named('one-way-back')]) {
      expect([name, fault.evidence.figures.bytes_passed]).toEqual([name, 0]);
      expect(fault.evidence.figures.bytes_stopped, name).toBeGreaterThan(0);
    }
  });

  test('a slow network was measured to be as slow as was asked for', () => {
    for (const { name, fault } of named('slow'))
      expect(fault.evidence.figures.delay_ms_median, name).toBeGreaterThanOrEqual(50);
  });

  test('connections that were reset came back', () => {
    for (const { name, fault } of named('reset')) {
      expect(fault.evidence.figures.connections_reset, name).toBeGreaterThan(0);
      expect(fault.evidence.figures.connections_back, name).toBeGreaterThan(0);
    }
  });

  test('what a reset of its connection does to the JDBC sink is told with what to change', () => {
    const reset = steps().find(({ name }) => name === 'consumer-sink/reset');
    expect(reset?.variants['debezium-jdbc']).toMatchObject({ met: true, seen: 'stalled 1' });
    expect(reset?.variants['debezium-jdbc']?.causes[0]?.code).toBe('sink-connection-lost');
  });
});
