import { type ExecFileException, execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeDocker } from '#testing/with-docker.ts';

const ROOT = resolve(import.meta.dirname, '../..');

interface Outcome {
  readonly exit: number;
  /** What it printed, and on which stream. */
  readonly out: string;
  readonly err: string;
}

/** The command as a person types it. */
function driftlab(...args: readonly string[]): Promise<Outcome> {
  return new Promise((done) => {
    const file = join(ROOT, 'bin', 'driftlab.mjs');
    execFile(process.execPath, [file, ...args], { maxBuffer: 1 << 26 }, (error: ExecFileException | null, out, err) => {
      done({ exit: error === null ? 0 : Number(error.code ?? -1), out, err });
    });
  });
}

interface VariantEntry {
  readonly expectation: { readonly must: readonly string[] };
  readonly met: boolean;
  readonly verdict: string;
  readonly anomalies: Readonly<Record<string, number>>;
}

interface Report {
  readonly verdict: string;
  readonly seed: number;
  readonly modes: readonly {
    readonly id: string;
    readonly fault: { readonly bit: boolean };
    readonly variants: Readonly<Record<string, VariantEntry>>;
    readonly steps: readonly { readonly id: string; readonly variants: Readonly<Record<string, VariantEntry>> }[];
  }[];
}

/** Runs it in a folder of its own and returns what it said and its report. */
async function run(reports: string, ...args: readonly string[]): Promise<{ outcome: Outcome; report: Report }> {
  const outcome = await driftlab('scenario', 'canonical', '--seed', '11', '--report-dir', reports, ...args);
  const report = JSON.parse(readFileSync(join(reports, 'latest', 'report.json'), 'utf8')) as Report;
  return { outcome, report };
}

/** What every variant showed in every step, of what does not depend on chance: its verdict and the classes that are demanded. */
function matrixOf(report: Report): readonly string[] {
  return report.modes.flatMap((mode) =>
    mode.steps.flatMap((step) =>
      Object.entries(step.variants).map(([variant, { verdict, met, anomalies, expectation }]) => {
        const shown = expectation.must.filter((anomaly) => anomalies[anomaly] !== undefined);
        return [mode.id, step.id, variant, verdict, met ? 'as expected' : 'not as expected', ...shown].join(' ');
      }),
    ),
  );
}

describe('the canonical scenario, whole, from the command line', () => {
  let reports: string;
  let outcome: Outcome;
  let report: Report;

  beforeAll(async () => {
    reports = mkdtempSync(join(tmpdir(), 'driftlab-canonical-'));
    ({ outcome, report } = await run(reports));
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

  describeDocker('in containers', () => {
    test('every variant shows in every step what it shows where the servers are processes', async () => {
      const docker = await run(join(reports, 'in-containers'), '--runtime', 'docker');
      expect([docker.outcome.exit, docker.report.verdict]).toEqual([0, 'PASS']);
      const matrix = matrixOf(docker.report);
      expect(matrix.length).toBeGreaterThan(25);
      expect(matrix).toEqual(matrixOf(report));
    }, 900_000);
  });
});
