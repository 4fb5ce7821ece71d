import { expect, test } from 'vitest';
import type { CaptureSetUp, ConnectSetUp } from '#model/set-up.ts';
import { diagnoseSetUp } from './diagnose.ts';
import { capture, capturing, reading, SOUND, tabled } from './facts.fixture.ts';
import { clock, held, quiet, zone } from './retained.fixture.ts';

const codes = (more: Partial<CaptureSetUp>, connector: Partial<ConnectSetUp> = quiet) =>
  diagnoseSetUp({ ...SOUND, ...capturing({ clock, ...more }), ...reading(connector) }).causes.map(({ code }) => code);

test('log that a connector has not confirmed is no cause while it beats, is behind, or may not have stored its position yet', () => {
  const beats = { 'heartbeat.interval.ms': '10000', 'heartbeat.action.query': 'SELECT 1' };
  expect(codes({ slots: [held] })).toEqual(['heartbeat-missing']);
  expect(codes({ slots: [held] }, { ...quiet, config: beats })).toEqual([]);
  expect(codes({ slots: [{ ...held, unsentBytes: 2 ** 27 }] })).toEqual([]);
  expect(codes({ slots: [{ ...held, unconfirmedBytes: 2 ** 26 }] })).toEqual([]);
  expect(codes({ slots: [held] }, { capturedAtMs: clock.serverMs - 80_000 })).toEqual([]);
  expect(codes({ slots: [held] }, { ...quiet, writes: true })).toEqual([]);
  expect(codes({ slots: [held] }, {})).toEqual([]);
  const reads = (agoMs: number) => ({ ...held, reader: { ...held.reader, sinceMs: clock.serverMs - agoMs } });
  expect(codes({ slots: [reads(100_000)] }, {})).toEqual(['heartbeat-missing']);
  // A snapshot may have taken long, and have ended just now.
  expect(codes({ slots: [reads(50_000)] })).toEqual([]);
});

test('a table without replica identity is a cause where its updates or deletes are published', () => {
  const published = (publication: CaptureSetUp['publication']) => {
    const { source } = { ...SOUND, ...tabled({ identity: 'n' }) };
    if (source === undefined || !('read' in source) || publication === undefined) throw new Error('no source');
    const read = { ...source.read, capture: { ...capture, publication } };
    return diagnoseSetUp({ ...SOUND, source: { ...source, read } }).causes.map(({ code }) => code);
  };
  expect(published({ allTables: true, tables: [] })).toEqual(['replica-identity-nothing']);
  expect(published({ allTables: true, tables: [], insertsOnly: true })).toEqual([]);
});

test('clocks that are apart by less than the time that the answer took, or by seconds, are no cause', () => {
  const { serverMs } = clock;
  expect(codes({ clock: { serverMs, beforeMs: serverMs - 20_000, afterMs: serverMs + 20_000 } })).toEqual([]);
  expect(
    codes({ clock: { serverMs: clock.afterMs + 9000, beforeMs: clock.beforeMs, afterMs: clock.afterMs } }),
  ).toEqual([]);
  expect(codes({ clock: { ...clock, serverMs: clock.afterMs + 10_000 } })).toEqual(['source-clock-apart']);
});

test.for(['UTC', 'Etc/UTC', 'GMT', 'Z', '+00:00', 'utc'])('a sink that writes in %s shifts nothing', (name) => {
  const causes = (of: string) => diagnoseSetUp({ ...SOUND, ...zone(of) }).causes.map(({ code }) => code);
  expect([causes(name), causes('Asia/Tokyo')]).toEqual([[], ['sink-time-zone']]);
});

test("Debezium's own sink shifts nothing, whatever zone it is given", () => {
  const own = {
    ...{ 'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector', 'collection.name.format': 'items' },
    'use.time.zone': 'Asia/Tokyo',
  };
  expect(diagnoseSetUp({ ...SOUND, ...zone('Asia/Tokyo', own) }).causes).toEqual([]);
});
