import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LabReport } from '#contracts/lab-report.ts';
import { openClient } from '#lab/client.ts';
import { labHome } from '#lab/home.ts';
import { ROOT } from '#setup/layout.mjs';
import { freePorts } from '#std/free-port.ts';
import { until } from '#std/wait.ts';
import { hasTmux, openTerminal, type Terminal } from '#testing/terminal.ts';

/** The watch as its user has it: the real program in a pseudo-terminal, before the real daemon on real servers. */
const [port] = await freePorts(1);
const folder = mkdtempSync(join(tmpdir(), 'driftlab-watch-'));
const env = { DRIFTLAB_PORT: String(port), DRIFTLAB_HOME: join(folder, 'live') };
const PROGRAM = [process.execPath, join(ROOT, 'bin', 'driftlab.mjs')] as const;
const LIMIT_MS = 240_000;

const driftlab = (...args: readonly string[]) =>
  promisify(execFile)(PROGRAM[0], [PROGRAM[1], ...args], { env: { ...process.env, ...env }, timeout: LIMIT_MS });

const report = () => openClient(labHome(env)).get<LabReport>('/api/v1/report');

describe.skipIf(!hasTmux())('watching a real lab', () => {
  beforeAll(() => driftlab('up', '--seed', '7', '--variants', 'insert,dedup'), LIMIT_MS);
  afterAll(async () => {
    await driftlab('clean');
    rmSync(folder, { recursive: true, force: true });
  }, LIMIT_MS);

  const open = (): Promise<Terminal> => openTerminal({ columns: 80, rows: 24, command: [...PROGRAM, 'watch'], env });

  test(
    'a fault is injected at a key and followed to its verdict, and what it broke is opened',
    async () => {
      await using terminal = await open();
      await terminal.see(/✓ running +─▶ ✓ running +─▶ ✓ running +─▶ ✓ running +─▶ ✓ running/);
      await terminal.see(/writes +[1-9]\d* of 100 tx\/s +[▁-█]{3}/);
      await terminal.see(/latency +[\d.]+ m?s to sink/);
      await terminal.press('d');
      await terminal.see(/inject {3}duplicate/);
      await terminal.press('Enter');
      await terminal.see(/▶ duplicate-1 /);
      await terminal.see(/last +duplicate-1 ✓ PASS .* insert ✓ duplicate/, 120_000);
      await terminal.see(/▶ insert +✗ FAIL/);
      await terminal.see(/ {2}dedup +(✓ PASS|↻ SYNCING)/);
      await terminal.press('Enter');
      await terminal.see(/anomalies \(of insert only\) +insert: duplicate/);
      await terminal.press('Enter');
      const opened = await terminal.see(/Duplicate row {2}public\.\w+/);
      expect(opened).toMatch(/where +between log and sink/);
      expect(opened).toMatch(/column +source +sink, row 1 of 2 +sink, row 2 of 2/);
    },
    LIMIT_MS,
  );

  test(
    'writers are paused and go on at a key',
    async () => {
      await using terminal = await open();
      await terminal.see(/p pause/);
      await terminal.press('p');
      await terminal.see(/‖ paused/);
      expect((await report()).writers.state).toBe('paused');
      await terminal.press('p');
      await terminal.see(/p pause/);
      await until(async () => (await report()).writers.state === 'running', { what: 'the writers', limitMs: 20_000 });
    },
    LIMIT_MS,
  );

  test(
    'the lab ends and comes back under the watch, and goes on when the watch is left',
    async () => {
      await using terminal = await open();
      await terminal.see(/▶ insert/);
      await driftlab('down');
      await terminal.see(/✗ the lab (is away|has gone down) since \d\d:\d\d:\d\d, \d+ s/);
      await driftlab('up');
      await terminal.see(/p pause/);
      await until(async () => !/since \d\d:\d\d:\d\d,/.test(await terminal.screen()), {
        what: 'the watch to be back',
        limitMs: 30_000,
      });
      await terminal.press('q');
      expect(await terminal.ended()).toBe(0);
      expect((await report()).lab.phase).toBe('running');
    },
    LIMIT_MS,
  );

  test(
    'without a terminal it prints lines',
    async () => {
      const lines = await promisify(execFile)('sh', ['-c', '"$@" | head -4', 'sh', ...PROGRAM, 'watch'], {
        env: { ...process.env, ...env, NO_COLOR: '1' },
        timeout: LIMIT_MS,
      });
      expect(lines.stdout).toMatch(/^\d\d:\d\d:\d\d {2}lab lab-\d+ is running, seed 7, writers running/);
      expect(lines.stdout).toMatch(/ {2}insert +[A-Z_]+ {2}lag \d+ records/);
    },
    LIMIT_MS,
  );
});
