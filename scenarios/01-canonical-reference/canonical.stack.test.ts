import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type CanonicalReport,
  MATRIX_FILE,
  matrixOf,
  runCanonical,
  type VariantEntry,
  withoutJdbcSink,
} from '#testing/canonical-run.ts';
import { driftlab, type Outcome } from '#testing/command.ts';
import { describeDocker } from '#testing/with-docker.ts';

describe('the canonical scenario, whole, from the command line', () => {
  let reports: string;
  let outcome: Outcome;
  let report: CanonicalReport;

  beforeAll(async () => {
    reports = mkdtempSync(join(tmpdir(), 'driftlab-canonical-'));
    ({ outcome, report } = await runCanonical(reports));
  }, 600_000);
  afterAll(() => rmSync(reports, { recursive: true, force: true }));

  /** What a variant showed in a step, by class. */
  const seen = (mode: string, step: string, variant: string): VariantEntry => {
    const found = report.modes.find(({ id }) => id === mode)?.steps.find(({ id }) => id === step)?.variants[variant];
    if (found === undefined) throw new Error(`no ${mode}/${step}/${variant} in the report`);
    return found;
  };

  test('it is as expected: every fault bit and every variant showed what it should', () => {
    expect([outcome.exit, (outcome.out + outcome.err).includes('error:')]).toEqual([0, false]);
    expect(report.verdict).toBe('PASS');
    expect(report.seed).toBe(11);
    expect(report.modes.map(({ id }) => id)).toEqual(['restart', 'lag', 'schema', 'duplicate', 'backfill']);
    for (const mode of report.modes) {
      expect([mode.id, mode.fault.bit]).toEqual([mode.id, true]);
      for (const [name, variant] of Object.entries(mode.variants)) expect([name, variant.met]).toEqual([name, true]);
    }
  });

  test('a replay doubles rows where they are appended, and only there', () => {
    expect(seen('restart', 'restart', 'insert').verdict).toBe('WARN');
    expect(seen('restart', 'restart', 'insert').anomalies.duplicate).toBeGreaterThan(0);
    for (const variant of ['upsert', 'dedup', 'debezium-jdbc'])
      expect(seen('restart', 'restart', variant)).toMatchObject({ verdict: 'PASS', anomalies: {} });
  });

  test('lag is no loss, and retention is', () => {
    for (const variant of ['insert', 'upsert', 'dedup', 'debezium-jdbc']) {
      expect(seen('lag', 'lag', variant).verdict).toBe('PASS');
      const lost = seen('lag', 'retention', variant);
      expect(lost.verdict).toBe('FAIL');
      expect(lost.anomalies.lost).toBeGreaterThan(0);
      expect(lost.anomalies.stale).toBeGreaterThan(0);
    }
  });

  test('a second snapshot doubles the rows of a sink without a key', () => {
    expect(seen('duplicate', 'duplicate', 'insert').verdict).toBe('FAIL');
    expect(seen('duplicate', 'duplicate', 'insert').anomalies.duplicate).toBeGreaterThan(5000);
    expect(seen('duplicate', 'duplicate', 'dedup').verdict).toBe('PASS');
  });

  test('the LSN guard alone withstands a job that writes past the log', () => {
    expect(seen('backfill', 'direct-copy', 'upsert').anomalies.stale).toBeGreaterThan(0);
    expect(seen('backfill', 'direct-copy', 'debezium-jdbc').anomalies.stale).toBeGreaterThan(0);
    expect(seen('backfill', 'direct-copy', 'dedup')).toMatchObject({ verdict: 'PASS', anomalies: {} });
  });

  test('it leaves every report, the ledger, the history and the logs, and `latest` points there', () => {
    const folder = realpathSync(join(reports, 'latest'));
    const left = readdirSync(folder);
    for (const file of ['report.json', 'report.md', 'report.html', 'junit.xml', 'ledger.jsonl', 'events.jsonl', 'logs'])
      expect(left).toContain(file);
    const ledger = readFileSync(join(folder, 'ledger.jsonl'), 'utf8').trim().split('\n');
    expect(ledger.length).toBeGreaterThan(2000);
    expect(JSON.parse(ledger[0] as string)).toMatchObject({ mode: 'restart', seq: 1 });
    expect(readdirSync(join(folder, 'logs')).sort()).toEqual([
      'broker.log',
      'connect-sink.log',
      'connect.log',
      'sink.log',
      'source.log',
    ]);
  });

  test('judged again from its folder, without any server, it is the same', async () => {
    const again = await driftlab('recheck', join(reports, 'latest'), '--json');
    const { verdict, same, differences } = JSON.parse(again.out) as Record<string, unknown>;
    expect([again.exit, verdict, same, differences]).toEqual([0, 'PASS', true, []]);
  });

  test('no false alarm was raised while writers ran', () => {
    const events = readFileSync(join(reports, 'latest', 'events.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const checks = events.filter((event) => event.type === 'check' && event.kind === 'continuous');
    expect(checks.length).toBeGreaterThan(20);
    const alarms = checks.flatMap((check) =>
      (check.variants as { variant: string; verdict: string; counts: object }[])
        .filter(({ variant }) => variant === 'dedup' && !['lag/retention'].includes(`${check.mode}/${check.step}`))
        .filter(({ verdict }) => verdict === 'FAIL' || verdict === 'WARN' || verdict === 'UNKNOWN')
        .map((verdict) => ({ mode: check.mode, step: check.step, ...verdict })),
    );
    expect(alarms).toEqual([]);
    const judged = checks.flatMap((check) => check.variants as { verdict: string }[]);
    expect(judged.some(({ verdict }) => verdict === 'SYNC_IN_PROGRESS')).toBe(true);
  });

  test('what it shows is what is kept of it, and what other formats are held against', async () => {
    await expect(`${matrixOf(report).join('\n')}\n`).toMatchFileSnapshot(MATRIX_FILE);
  });

  // Both at once, as a run takes its minutes.
  describeDocker('in containers, with JSON without schemas', () => {
    test('every variant that can read it shows in every step what it shows elsewhere', async () => {
      const docker = await runCanonical(join(reports, 'in-containers'), '--runtime', 'docker', '--format', 'plain');
      expect([docker.outcome.exit, docker.report.verdict]).toEqual([0, 'PASS']);
      expect(matrixOf(docker.report)).toEqual(withoutJdbcSink());
    }, 900_000);

    test('the JDBC sink, which cannot, shows it with schemas', async () => {
      const asked = ['--runtime', 'docker', '--only', 'restart', '--variants', 'debezium-jdbc'];
      const docker = await runCanonical(join(reports, 'in-containers-jdbc'), ...asked);
      expect([docker.outcome.exit, docker.report.verdict]).toEqual([0, 'PASS']);
    }, 600_000);
  });
});
