import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Stack } from '#model/stack.ts';
import { markdown } from '#report/markdown.ts';
import { startTestStack } from '#testing/stack.ts';
import { runPipelineFile, type TestedPipeline } from '#testing/subject.ts';

/** The configurations are in fixtures/weak, as a team would deploy them; one stack for all of them. */
let stack: Stack;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-weak-'));
  stack = await startTestStack();
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const run = (file: string, limits: { readonly drainLimitMs?: number } = {}): Promise<TestedPipeline> =>
  runPipelineFile(join(import.meta.dirname, 'fixtures/weak', file), { stack, folder, ...limits });

describe('sink connectors', () => {
  let ran: TestedPipeline;
  beforeAll(async () => {
    ran = await run('sinks.yaml');
  });

  test('a sound one beside them converges', () => {
    expect(ran.cell('none', 'sound')).toMatchObject({ survived: true, change: [] });
  });

  test('insert.mode=insert stops at the first update, and the property is named', () => {
    const cell = ran.cell('none', 'inserting');
    expect(cell.seen).toContain('stalled 1');
    expect(cell.change.join()).toContain('insert.mode=insert in sink-insert.json');
    expect(cell.change.join()).toContain('in sink-insert.json: insert.mode=upsert');
  });

  test('delete.enabled=false leaves orphans, and the property is named', () => {
    const cell = ran.cell('none', 'keeping');
    expect(cell).toMatchObject({ survived: false, hops: ['log-to-sink'] });
    expect(cell.seen).toMatch(/^orphan \d+/);
    expect(cell.change).toEqual([expect.stringContaining('delete.enabled=false in sink-keeps.json')]);
  });

  test('one that reads one table alone is compared by that, and what it leaves is reported', () => {
    expect(ran.cell('none', 'partial')).toMatchObject({ survived: true, change: [] });
    const tables = ran.report.modes[0]?.variants.partial?.tables.map(({ table }) => table);
    expect(tables).toEqual(['public.accounts']);
    expect(ran.report.subject?.unchecked).toContain(
      'partial does not read the topic desk.public.tickets, so public.tickets is not compared for it',
    );
  });

  test('a connector for each table, from files of two kinds, is one subject with all tables', () => {
    expect(ran.cell('none', 'split')).toMatchObject({ survived: true, change: [] });
    const tables = ran.report.modes[0]?.variants.split?.tables.map(({ table }) => table);
    expect(tables).toEqual(['public.accounts', 'public.tickets']);
    expect(ran.report.subject?.unchecked.join()).not.toContain('split does not read');
  });

  test('what was replaced is told with both values, passwords hidden', () => {
    expect(ran.report.subject?.replaced).toContainEqual(
      expect.objectContaining({ connector: 'helpdesk-source', property: 'database.hostname', theirs: 'db.internal' }),
    );
    const text = JSON.stringify(ran.report.subject);
    expect(text).not.toMatch(/secrets:db|hunter2/);
    expect(markdown(ran.report)).toContain(
      'jdbc:postgresql://warehouse.internal:5432/dw?user=loader&password=(hidden)',
    );
  });

  test("a connector whose Kafka is secured and has three brokers runs on the lab's, and what was left out is told", () => {
    const replaced = new Map(ran.report.subject?.replaced.map(({ property, here }) => [property, here]));
    expect(replaced.get('topic.creation.default.replication.factor')).toBe('1');
    for (const property of [
      ...['producer.override.bootstrap.servers', 'producer.override.security.protocol'],
      ...['producer.override.sasl.jaas.config', 'signal.consumer.security.protocol'],
      ...['consumer.override.bootstrap.servers', 'consumer.override.security.protocol'],
    ])
      expect(replaced.get(property)).toBeNull();
    expect(replaced.get('signal.kafka.bootstrap.servers')).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  test('what the file expects is met, so that it is a regression test', () => {
    expect(ran.result).toEqual({ verdict: 'PASS', exit: 0 });
  });
});

test('a topic that no subject reads loses its table, and the property is named', async () => {
  const cell = (await run('forgetting.yaml')).cell('none', 'forgetting');
  expect(cell).toMatchObject({ survived: false, seen: expect.stringMatching(/^lost \d+/), hops: ['log-to-sink'] });
  expect(cell.change).toEqual([
    expect.stringContaining('topics=desk.public.accounts in sink-accounts.json leaves out desk.public.tickets'),
  ]);
});

test('a sink connector that has failed keeps no fault from the sound one beside it, and none from being healed', async () => {
  const ran = await run('sinks-broken.yaml');
  expect(ran.report.reason).toBeUndefined();
  for (const fault of ['pause-consumers', 'crash-consumers']) {
    expect(ran.cell(fault, 'sound'), fault).toMatchObject({ seen: 'converged', survived: true });
    expect(ran.cell(fault, 'misplaced').seen, fault).toContain('stalled 1');
  }
  expect(ran.report.modes[0]?.fault.evidence.text).toContain('misplaced had already failed');
  expect(ran.result).toEqual({ verdict: 'PASS', exit: 0 });
});

test('errors.tolerance=all loses rows, and what is told depends on the dead-letter queue', async () => {
  const ran = await run('tolerance.yaml', {
    // Debezium's sink commits no offset of a record that a transform dropped: it never says that it is through.
    drainLimitMs: 20_000,
  });
  const [silent, queueing] = [ran.cell('none', 'silent'), ran.cell('none', 'queueing')];
  for (const cell of [silent, queueing])
    expect([cell.survived, cell.seen]).toEqual([false, expect.stringContaining('lost')]);
  expect(silent.change.join()).toContain('errors.tolerance=all in sink-tolerant.json without a dead-letter queue');
  expect(queueing.change.join()).toContain('went to the dead-letter queue desk-failed');
});

test('snapshot.mode=no_data on a filled table loses the rows that were there', async () => {
  const cell = (await run('no-data.yaml')).cell('none', 'dedup');
  expect(cell.seen).toContain('lost');
  expect(cell.hops).toEqual(['source-to-log']);
  expect(cell.change).toEqual([expect.stringContaining('snapshot.mode=no_data in source-no-data.json')]);
});

test("skipped.operations' default leaves out a TRUNCATE", async () => {
  const cell = (await run('truncated.yaml')).cell('truncate', 'dedup');
  expect(cell.seen).toContain('orphan');
  expect(cell.hops).toEqual(['source-to-log']);
  expect(cell.change).toEqual([expect.stringContaining('skipped.operations is not set in source-default.json')]);
});

test('two connectors that share a slot: what the second should capture never comes', async () => {
  const cell = (await run('shared-slot.yaml')).cell('none', 'dedup');
  expect(cell).toMatchObject({ survived: false, hops: ['source-to-log'] });
  expect(cell.change).toEqual([
    expect.stringContaining('source-accounts.json and source-tickets.json share the replication slot desk'),
  ]);
});

test('a transform that drops a field is found by the values that are missing', async () => {
  const ran = await run('stripped.yaml');
  const cell = ran.cell('none', 'flat');
  expect(cell.survived).toBe(false);
  expect(cell.change.join()).toContain('transforms.strip.exclude=body in source-strip.json');
  const example = ran.report.modes[0]?.variants.flat?.examples[0];
  expect(example?.differs?.map(({ column }) => column)).toEqual(['body']);
});
