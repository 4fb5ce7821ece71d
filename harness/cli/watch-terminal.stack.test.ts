import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ROOT } from '#setup/layout.mjs';
import { until } from '#std/wait.ts';
import { brokenVariant, labFault, labReport, labVariant } from '#testing/lab-answers.ts';
import { openScriptedLab, type ScriptedLab } from '#testing/scripted-lab.ts';
import { hasTmux, openTerminal, type Terminal } from '#testing/terminal.ts';

let lab: ScriptedLab;
beforeEach(async () => {
  lab = await openScriptedLab();
  const now = new Date().toISOString();
  const variants = [brokenVariant('insert', 'FAIL', { duplicate: 398, stale: 3 }), labVariant('dedup')];
  lab.script.report = { ...labReport({ variants }), judged_at: now };
});
afterEach(() => lab[Symbol.asyncDispose]());

/** A green, red or yellow text. */
const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[(?:\\d+;)*3[0-7]m`);

const COMMAND = [process.execPath, join(ROOT, 'harness', 'cli', 'main.ts'), 'watch'];

function open(more: { readonly env?: Record<string, string>; readonly columns?: number } = {}): Promise<Terminal> {
  const { env = {}, columns = 80 } = more;
  return openTerminal({ columns, rows: 24, command: COMMAND, env: { DRIFTLAB_HOME: lab.folder, ...env } });
}

describe.skipIf(!hasTmux())('the real program in a pseudo-terminal, before a scripted lab', () => {
  test('it attaches, asks before it injects, and leaves the terminal as it was', async () => {
    await using terminal = await open();
    await terminal.see(/▶ insert +✗ FAIL/);
    await terminal.press('l');
    await terminal.see(/inject {3}lag · ←→ step: first · ↑↓ seconds: 10/);
    await terminal.press('Right', 'Up', 'Enter');
    await terminal.see(/lag-3 is on its way in; watch for: insert/);
    expect(lab.asked).toEqual(['inject lag {"step":"retention","seconds":15}']);
    await terminal.press('d');
    await terminal.see(/inject {3}duplicate/);
    await terminal.press('Escape');
    await terminal.see(/last +none so far/);
    await terminal.press('p');
    await terminal.see(/‖ paused/);
    expect(lab.asked.slice(1)).toEqual(['writers {"state":"paused"}']);
    await terminal.press('q');
    expect(await terminal.ended()).toBe(0);
    const left = await terminal.screen();
    expect(left).toContain('the lab goes on: npx driftlab watch shows it again');
    expect(left).not.toContain('Debezium');
  });

  test('a fault’s countdown goes on between what the lab says, and x heals it early', async () => {
    await using terminal = await open();
    const report = { ...lab.script.report, faults: [labFault({ heals_in_ms: 600_000 })] };
    lab.script.report = { ...report, lab: { ...report.lab, now: new Date().toISOString() } };
    const secondsLeft = (screen: string): number => Number(/lag-2 {2}heals in (\d+) s/.exec(screen)?.[1]);
    const first = secondsLeft(await terminal.see(/lag-2 {2}heals in \d+ s/));
    expect(first).toBeLessThanOrEqual(600);
    await until(async () => secondsLeft(await terminal.screen()) < first, { what: 'fewer seconds', limitMs: 20_000 });
    await terminal.press('x');
    await terminal.see(/lag-2 is being healed before its time/);
    expect(lab.asked).toEqual(['heal lag-2']);
  });

  test('an anomaly is opened, read, and left', async () => {
    await using terminal = await open();
    await terminal.see(/stale/);
    await terminal.press('Enter', 'Down', 'Enter');
    const text = await terminal.see(/Stale row {2}public.orders 1043/);
    expect(text).toMatch(/≠ status +shipped +new/);
    expect(text).toContain('Why: ');
    await terminal.press('Escape');
    await terminal.see(/Debezium/);
    await terminal.press('?');
    await terminal.see(/any key goes back/);
  });

  test('it follows the size of the terminal', async () => {
    await using terminal = await open();
    await terminal.see(/q quit/);
    await terminal.resize(140, 40);
    await terminal.see(/latency lag of late/);
    await terminal.resize(60, 20);
    const small = await terminal.see(/variant +status +lag +\+3 tables/);
    expect(small.split('\n').filter((line) => line !== '').length).toBeLessThan(20);
  });

  test('while the lab is away it says since when, and is back by itself', async () => {
    await using terminal = await open();
    await terminal.see(/insert/);
    await lab.down();
    const away = await terminal.see(/✗ the lab is away since \d\d:\d\d:\d\d/);
    expect(away).toContain('✗ FAIL');
    await lab.up();
    await until(async () => !(await terminal.screen()).includes('away since'), {
      what: 'it to be back',
      limitMs: 20_000,
    });
  });

  test('NO_COLOR takes every colour away, and nothing else', async () => {
    await using coloured = await open();
    await coloured.see(/q quit/);
    expect(await coloured.coloured()).toMatch(COLOUR);
    await using plain = await open({ env: { NO_COLOR: '1' } });
    await plain.see(/q quit/);
    expect(await plain.coloured()).not.toMatch(COLOUR);
    expect(await plain.screen()).toContain('✗ FAIL');
  });

  test('without any lab it waits for one, and Ctrl-C leaves', async () => {
    await lab.down('down');
    await using terminal = await open();
    await terminal.see(/no lab at 127\.0\.0\.1:\d+ \(the lab is down\); npx driftlab up starts one/);
    await lab.up();
    await terminal.see(/▶ insert/);
    await terminal.press('C-c');
    expect(await terminal.ended()).toBe(0);
  });
});
