import { expect, test } from 'vitest';
import { diagnoseSetUp } from './diagnose.ts';
import { capturing, SOUND, saying } from './facts.fixture.ts';
import { locked, slotWaits } from './waits.fixture.ts';

const causes = (...waits: readonly (typeof locked | typeof slotWaits)[]) =>
  diagnoseSetUp({ ...SOUND, ...capturing({ waits }) }).causes;

test('a wait that may end by itself, or is of a table or a slot of somebody else, is no cause', () => {
  expect(causes({ ...locked, waitedMs: 4999 })).toEqual([]);
  expect(causes({ ...locked, table: 'public.other' })).toEqual([]);
  expect(causes({ ...slotWaits, statement: 'CREATE_REPLICATION_SLOT "mark2" LOGICAL pgoutput' })).toEqual([]);
});

test('each session that is waited for is named once, with what it does', () => {
  const { user, pid, application, address } = locked.holder;
  const unseen = { pid: 8, user, application: '', address: '' };
  const [cause] = causes(locked, locked, { ...locked, holder: { ...locked.holder, ...unseen } });
  expect(cause).toMatchObject({
    says: expect.stringContaining(
      `by process ${pid} (${application} of ${user} from ${address}), process 8 (a session of eve):`,
    ),
    fix: { run: ['SELECT pg_terminate_backend(7)', 'SELECT pg_terminate_backend(8)'] },
  });
  expect(cause?.evidence).toHaveLength(3);
  expect(cause?.evidence[1]).toMatch(
    /idle in transaction in a transaction that began 2026[^;]*; its last statement: LOCK TABLE items$/,
  );
});

test('a connector that has waited for too long has failed, and its trace alone says for which tables', () => {
  const words = `ConnectException: Unable to create filtered publication m for "public"."a", "public"."b"
\tat x.Y(Z.java:1)
Caused by: io.debezium.DebeziumException: Creation of publication failed: query to create/update publication timed out, please …`;
  const [cause, ...others] = diagnoseSetUp({ ...SOUND, ...saying('source', words) }).causes;
  expect([cause?.code, others]).toEqual(['source-table-locked', []]);
  expect(cause?.fix.run).toEqual([
    expect.stringMatching(/^SELECT pg_terminate_backend.*IN \('"public"\."a"'::regclass, '"public"\."b"'::regclass\)/),
  ]);
  expect(cause?.notes.at(-1)).toMatch(/^then /);
});
