import { afterAll, expect, test } from 'vitest';
import type { LabConnectors } from '#contracts/lab-stack.ts';
import { identify, isAlive, treeOf } from '#std/process-table.ts';
import { openOwnLab } from '#testing/own-lab.ts';
import { readState } from './home.ts';

/** A lab with a MariaDB source, as its user has it; one test goes on from another. */
const lab = await openOwnLab();
const { home, driftlab, get } = lab;
const LIMIT_MS = 300_000;

afterAll(async () => {
  await lab[Symbol.asyncDispose]();
}, LIMIT_MS);

test('a lab from MariaDB to PostgreSQL is up, and tells its positions as MariaDB does', {
  timeout: LIMIT_MS,
}, async () => {
  const up = await driftlab('up', '--seed', '7', '--source', 'mariadb', '--variants', 'insert,dedup,debezium-jdbc');
  expect(up, up.err).toMatchObject({ status: 0, out: expect.stringContaining('from mariadb to postgres') });
  const { connectors } = await get<LabConnectors>('/api/v1/connectors');
  expect(connectors.find(({ type }) => type === 'source')?.captured_lsn).toMatch(/^mariadb-bin\.\d+:\d+/);
  for (const [side, version] of [
    ['source', /MariaDB/],
    ['sink', /PostgreSQL/],
  ] as const)
    expect((await driftlab(`${side}-shell`, '--command', 'select version()')).out).toMatch(version);
  const { out } = await driftlab('kafka-consume', '--from-beginning', '--max', '5');
  expect(out).toContain('lab.');
  expect(out).not.toContain('unreadable');
});

test('faults are judged there as anywhere, also right after what was kept has gone on between the same engines', {
  timeout: LIMIT_MS,
}, async () => {
  const restart = await driftlab('trigger-restart', '--seconds', '1', '--wait');
  expect(restart.status, `${restart.out}${restart.err}`).toBe(0);
  expect(restart.out).toMatch(/✓ insert +(WARN|FAIL) +duplicate/);
  expect(await driftlab('down')).toMatchObject({ status: 0, out: expect.stringContaining('data are kept') });
  const up = await driftlab('up');
  expect(up, up.err).toMatchObject({ status: 0, out: expect.stringContaining('from mariadb to postgres') });
  const lag = await driftlab('trigger-lag', '--seconds', '1', '--wait');
  expect(lag.status, `${lag.out}${lag.err}`).toBe(0);
  // Live writes change a damage as time goes by, so that one more or less is no matter.
  expect(lag.out).toContain('already there: duplicate');
  expect(lag.out).toMatch(/✓ dedup +PASS +converged/);
});

/** A fault stalls every variant, and the connector's own words say why. */
async function stalls(trigger: string, why: RegExp, ...args: readonly string[]): Promise<void> {
  const { status, out, err } = await driftlab(trigger, ...args, '--wait');
  expect(status, `${out}${err}`).toBe(0);
  for (const variant of ['dedup', 'debezium-jdbc']) expect(out).toMatch(new RegExp(`✓ ${variant} +\\w+ +stalled`));
  expect((await driftlab('connector-status')).out).toMatch(why);
}

test('purged binlog files stop the capture for good', { timeout: LIMIT_MS }, async () => {
  await stalls('trigger-binlog', /Could not find GTID state/, '--seconds', '1');
});

test.each([
  ['trigger-history', /history topic is missing/, ['--seconds', '1']],
  ['trigger-row-image', /internal schema size \d+, but row size \d+/, []],
] as const)('after a reset %s stops it likewise', { timeout: LIMIT_MS }, async (trigger, why, args) => {
  const reset = await driftlab('reset');
  expect(reset, reset.err).toMatchObject({ status: 0, out: expect.stringContaining('from mariadb to postgres') });
  await stalls(trigger, why, ...args);
});

test('nothing is left behind', { timeout: LIMIT_MS }, async () => {
  const tree = treeOf(readState(home)?.daemon.pid ?? 0).flatMap(({ pid }) => identify(pid) ?? []);
  expect((await driftlab('clean')).status).toBe(0);
  expect(tree.filter(isAlive)).toEqual([]);
});
