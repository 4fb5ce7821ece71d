import { type Change, CREATED, capturing } from './facts.fixture.ts';

const holder = {
  ...{ pid: 7, user: 'eve', application: 'psql', address: '10.0.0.9', state: 'idle in transaction' },
  ...{ since: '2026-02-11T08:00:00Z', statement: 'LOCK TABLE items' },
};
export const locked = {
  ...{ application: 'Debezium General', statement: 'SELECT 1', table: 'public.items', waitedMs: 6000, holder },
};
export const slotWaits = {
  ...{ application: 'Debezium Streaming', waitedMs: 6000, holder },
  statement: 'CREATE_REPLICATION_SLOT "mark"  LOGICAL pgoutput',
};

/** What a snapshot waits for. */
export const WAITED: Readonly<Record<string, readonly [Change, string]>> = {
  'source-table-locked': [capturing({ waits: [locked] }), 'SELECT pg_terminate_backend(7)'],
  'slot-waits': [{ ...CREATED, ...capturing({ waits: [slotWaits] }) }, 'SELECT pg_terminate_backend(7)'],
};
