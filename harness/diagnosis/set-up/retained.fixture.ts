import { type Change, capturing, reader, reading, slot, tabled, target, to, writing } from './facts.fixture.ts';

const NOW_MS = Date.UTC(2026, 1, 11, 8);
export const clock = { serverMs: NOW_MS, beforeMs: NOW_MS - 5, afterMs: NOW_MS + 5 };
export const held = { ...slot, reader, unconfirmedBytes: 2 ** 28, unsentBytes: 0 };
export const quiet = { capturedAtMs: NOW_MS - 100_000, writes: false };

const moment = { name: 'at', type: 'timestamp(6) without time zone', nullable: true, generated: false };
const table = { schema: 'public', name: 'items', columns: [moment], key: [] };
const state = { tables: [table], constraints: [], triggers: [], settings: {} };
const zoned = {
  ...{ 'connector.class': 'io.confluent.connect.jdbc.JdbcSinkConnector', 'table.name.format': 'items' },
};
export const zone = (name: string, more: Readonly<Record<string, string>> = {}): Change => ({
  ...writing({ config: { ...zoned, 'db.timezone': name, ...more } }),
  target: { place: to, read: { ...target, state } },
});

/** What grows, or is wrong, while everything runs. */
export const GROWING: Readonly<Record<string, readonly [Change, string]>> = {
  'heartbeat-missing': [{ ...capturing({ clock, slots: [held] }), ...reading(quiet) }, 'pg_logical_emit_message'],
  'replica-identity-nothing': [tabled({ identity: 'n' }), 'ALTER TABLE "public"."items" REPLICA IDENTITY DEFAULT'],
  'sink-time-zone': [zone('Asia/Tokyo'), 'db.timezone=UTC'],
  'source-clock-apart': [capturing({ clock: { ...clock, serverMs: NOW_MS - 11_000 } }), 'NTP'],
};
